"""Journeys per second of PyTorch training the journey attention network.

    training_torch.py JOURNEYS [--variant eager-packed|...|all] [--seconds S] [--threads N]

The network, sizes and batches are those of bench/bench_training.c: embedding 20, LSTM 64, attention
over the LSTM's states, batches of 64 journeys of at most 10 impressions, dropout 0.1, Adam.
Oversampling is a weight on the rarer class, so that PyTorch too computes each journey of a batch
once. What is to PyTorch's advantage: no recurrent dropout (its LSTM has none), no partial batch, and
an epoch's batches are shuffled and sorted in one go before it.

    eager, compiled     as it is, or through torch.compile
    packed, padded      packed sequences, or 10 steps for every journey
    unrolled            the LSTM written out step by step, which torch.compile can fuse
Prints one JSON line a variant; `all` ends with the fastest once more.
"""

import argparse
import json
import time

import numpy
import torch
from torch import nn

EMBEDDING, LSTM, BATCH, MAX_LENGTH, DROPOUT = 20, 64, 64, 10, 0.1
VARIANTS = ["eager-packed", "eager-padded", "compiled-packed", "compiled-padded",
            "compiled-unrolled"]


def read_journeys(path):
    tokens, lengths, converted = [], [], []
    with open(path) as file:
        for line in file:
            first, *rest = map(int, line.split())
            converted.append(first)
            lengths.append(len(rest))
            tokens.append([token + 1 for token in rest] + [0] * (MAX_LENGTH - len(rest)))
    return (numpy.array(tokens), numpy.array(lengths), numpy.array(converted, dtype=numpy.float32))


class UnrolledLstm(nn.Module):
    """The same LSTM over padded steps, written out."""

    def __init__(self):
        super().__init__()
        self.input = nn.Linear(EMBEDDING, 4 * LSTM)
        self.recurrent = nn.Linear(LSTM, 4 * LSTM, bias=False)

    def forward(self, x):
        projected = self.input(x)
        h = x.new_zeros(x.shape[0], LSTM)
        c = x.new_zeros(x.shape[0], LSTM)
        states = []
        for step in range(MAX_LENGTH):
            i, f, g, o = (projected[:, step] + self.recurrent(h)).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            states.append(h)
        return torch.stack(states, dim=1), None


class JourneyAttention(nn.Module):
    def __init__(self, campaigns, packed, unrolled):
        super().__init__()
        self.packed = packed
        self.embedding = nn.Embedding(campaigns + 1, EMBEDDING, padding_idx=0)
        self.dropout = nn.Dropout(DROPOUT)
        self.lstm = UnrolledLstm() if unrolled else nn.LSTM(EMBEDDING, LSTM, batch_first=True)
        self.attention = nn.Linear(LSTM, 1)
        self.output = nn.Linear(LSTM, 1)

    def forward(self, tokens, lengths):
        x = self.dropout(self.embedding(tokens))
        if self.packed:
            x = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
            states, _ = self.lstm(x)
            states, _ = nn.utils.rnn.pad_packed_sequence(
                states, batch_first=True, total_length=MAX_LENGTH
            )
        else:
            states, _ = self.lstm(x)
        logits = torch.tanh(self.attention(states)).squeeze(2)
        attention = logits.masked_fill(tokens == 0, float("-inf")).softmax(dim=1)
        context = torch.bmm(attention.unsqueeze(1), states).squeeze(1)
        return self.output(context).squeeze(1)


def loss_of(model, tokens, lengths, converted):
    positives = converted.sum()
    negatives = converted.numel() - positives
    rare = torch.where(positives > 0, negatives / positives.clamp(min=1), torch.ones(()))
    weight = torch.where(converted > 0, rare, torch.ones(()))
    loss = nn.functional.binary_cross_entropy_with_logits(
        model(tokens, lengths), converted, weight, reduction="sum"
    )
    return loss / weight.sum()


def epoch_batches(journeys, order):
    """Shuffled batches, each sorted by length as packing wants it."""
    tokens, lengths, converted = journeys
    whole = len(order) // BATCH * BATCH
    rows = order[:whole].reshape(-1, BATCH)
    rows = numpy.take_along_axis(rows, numpy.argsort(-lengths[rows], axis=1), axis=1)
    return zip(*(torch.from_numpy(part[rows]) for part in (tokens, lengths, converted)))


def train_epoch(step, optimizer, journeys, order):
    count = 0
    for tokens, lengths, converted in epoch_batches(journeys, order):
        optimizer.zero_grad(set_to_none=True)
        step(tokens, lengths, converted).backward()
        optimizer.step()
        count += len(tokens)
    return count


def measure(variant, journeys, seconds):
    torch.manual_seed(24)
    torch.compiler.reset()
    numbers = numpy.random.default_rng(24)
    mode, form = variant.split("-")
    model = JourneyAttention(int(journeys[0].max()), form == "packed", form == "unrolled")
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def plain(tokens, lengths, converted):
        return loss_of(model, tokens, lengths, converted)

    step = torch.compile(plain) if mode == "compiled" else plain
    rows = len(journeys[0])
    train_epoch(step, optimizer, journeys, numbers.permutation(rows)[: 20 * BATCH])  # warm up
    rates, started = [], time.perf_counter()
    while not rates or time.perf_counter() - started < seconds:
        order = numbers.permutation(rows)
        before = time.perf_counter()
        count = train_epoch(step, optimizer, journeys, order)
        rates.append(count / (time.perf_counter() - before))
    return float(numpy.median(rates))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("journeys")
    parser.add_argument("--variant", choices=VARIANTS + ["all"], default="all")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    journeys = read_journeys(options.journeys)
    results = []
    for variant in VARIANTS if options.variant == "all" else [options.variant]:
        rate = measure(variant, journeys, options.seconds)
        results.append(
            {"variant": variant, "journeys_per_second": rate, "version": torch.__version__}
        )
        print(json.dumps(results[-1]), flush=True)
    if options.variant == "all":
        print(json.dumps(max(results, key=lambda result: result["journeys_per_second"])))


if __name__ == "__main__":
    main()
