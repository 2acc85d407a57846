"""Temporal self-attention in PyTorch, one sequence: the peer of the tsa_* rows.

The model of docs/temporal-attention.md with the names of its parameters, so that weights go from one
side to the other; `check()` holds it against reference vectors. Written for speed as far as the
arithmetic of the model allows: feature attention, which has neither mask nor time, through
scaled_dot_product_attention; experts on the tokens that chose them only.
"""

import json
import struct

import numpy
import torch
from torch import nn
from torch.nn import functional

# The sizes of the document (109 + 67 sequence features, 297 engineered).
SIZES = {
    "n_cat_features": 109, "n_num_features": 67, "n_classes": 2, "n_embedding": 2070,
    "seq_len": 51, "n_engineered_num_features": 297, "dim_embedding_table": 64,
    "dim_attn_feedforward": 256, "num_heads": 1, "n_layers_order": 6, "n_layers_feature": 4,
    "emb_tbl_use_bias": True, "use_moe": False, "num_experts": 1, "use_time_seq": True,
    "use_mlp": False, "dropout": 0.1,
}  # fmt: skip
SMALL = 1e-9


class FeatureAggregation(nn.Module):
    def __init__(self, features):
        super().__init__()
        sizes = [features] + [max(features // 2**i, 1) for i in range(1, 6)] + [1]
        layers = []
        for size, following in zip(sizes, sizes[1:]):
            layers += [nn.Linear(size, following), nn.LeakyReLU(0.01)]
        self.encoder = nn.Sequential(*layers[:-1])

    def forward(self, x):
        """[B, L, F, E] to [B, L, E]."""
        return self.encoder(x.transpose(2, 3)).squeeze(3)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, x, time=None, hidden=None):
        batch, steps, width = x.shape
        packed = functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        packed = packed.view(batch, steps, 3, self.heads, width // self.heads)
        q, k, v = packed.permute(2, 0, 3, 1, 4)
        if time is None and hidden is None:
            y = functional.scaled_dot_product_attention(q, k, v)
        else:
            logits = q @ k.transpose(2, 3) * (width // self.heads) ** -0.5
            if hidden is not None:
                logits = logits.masked_fill(hidden[:, None, None, :], float("-inf"))
            if time is not None:
                logits = logits * torch.exp((time[:, None, :, None] - time[:, None, None, :]) / 1e6)
            y = logits.softmax(3) @ v
        return self.out_proj(y.transpose(1, 2).reshape(batch, steps, width))


class Gate(nn.Module):
    def __init__(self, width, experts):
        super().__init__()
        self.w_gating = nn.Parameter(torch.randn(width, experts))


class Experts(nn.Module):
    def __init__(self, width, hidden, experts):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(experts, width, hidden) * (2 / width) ** 0.5)
        self.w2 = nn.Parameter(torch.randn(experts, hidden, width) * (2 / hidden) ** 0.5)


class Mixture(nn.Module):
    """Top 2 of the experts for each token, and the loss that spreads the tokens among them."""

    def __init__(self, width, hidden, experts, everywhere):
        super().__init__()
        self.gate = Gate(width, experts)
        self.experts = Experts(width, hidden, experts)
        self.everywhere = everywhere  # every expert on all tokens: more products, fixed shapes
        self.balance = 0

    def forward(self, x):
        tokens = x.reshape(-1, x.shape[2])
        gates = (tokens @ self.gate.w_gating).softmax(1)
        value, expert = gates.topk(2, dim=1)
        value = value / (value.sum(1, keepdim=True) + SMALL)
        count = gates.shape[1]
        first = functional.one_hot(expert[:, 0], count).to(gates.dtype)
        self.balance = (gates.mean(0) * first.mean(0)).mean() * count * count
        w1, w2 = self.experts.w1, self.experts.w2
        if self.everywhere:
            weight = torch.zeros_like(gates).scatter(1, expert, value)
            y = torch.relu(torch.einsum("nd,edh->enh", tokens, w1)) @ w2
            return torch.einsum("end,ne->nd", y, weight.to(y.dtype)).view_as(x)
        y = torch.zeros_like(tokens)
        for e in range(count):
            row, place = (expert == e).nonzero(as_tuple=True)
            out = torch.relu(tokens[row] @ w1[e]) @ w2[e]
            y = y.index_add(0, row, (out * value[row, place, None]).to(y.dtype))
        return y.view_as(x)


class Layer(nn.Module):
    def __init__(self, width, sizes, pre_norm, everywhere):
        super().__init__()
        hidden, dropout = sizes["dim_attn_feedforward"], sizes["dropout"]
        self.pre_norm = pre_norm
        self.multi_attn = Attention(width, sizes["num_heads"])
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        if sizes["use_moe"]:
            self.feedforward = Mixture(width, hidden, sizes["num_experts"], everywhere)
        else:
            self.feedforward = nn.Sequential(
                nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, width)
            )

    def forward(self, x, time=None, hidden=None):
        if self.pre_norm:
            x = x + self.dropout(self.multi_attn(self.layer_norm1(x)))
            return x + self.dropout(self.feedforward(self.layer_norm2(x)))
        x = self.layer_norm1(x + self.dropout(self.multi_attn(x, time, hidden)))
        return self.layer_norm2(x + self.dropout(self.feedforward(x)))


def embed(table, sizes, categorical, numeric):
    begin = sizes["n_embedding"] - sizes["n_num_features"] + 1
    rows = table.weight[begin : begin + sizes["n_num_features"]]
    return functional.embedding(categorical, table.weight, padding_idx=0), numeric[..., None] * rows


class OrderAttention(nn.Module):
    def __init__(self, table, sizes, everywhere):
        super().__init__()
        categorical, numeric = sizes["n_cat_features"], sizes["n_num_features"]
        width = 2 * sizes["dim_embedding_table"]
        self.sizes, self.embedding = sizes, table
        self.dummy_order = nn.Parameter(torch.rand(1, width))
        self.feature_aggregation_cat = FeatureAggregation(categorical)
        self.feature_aggregation_num = FeatureAggregation(numeric)
        self.layer_norm, self.layer_norm_feature = nn.LayerNorm(width), nn.LayerNorm(width)
        self.layer_stack = nn.ModuleList(
            Layer(width, sizes, False, everywhere) for _ in range(sizes["n_layers_order"])
        )

    def forward(self, x_cat, x_num, time, keep):
        cat, num = embed(self.embedding, self.sizes, x_cat, x_num)
        x = torch.cat([self.feature_aggregation_cat(cat), self.feature_aggregation_num(num)], 2)
        x = self.layer_norm_feature(x)
        x = torch.cat([x, self.dummy_order.to(x.dtype).expand(len(x), 1, -1)], 1)
        x = self.layer_norm(x)
        hidden = functional.pad(keep == 0, (0, 1))
        time = functional.pad(time, (0, 1)) if self.sizes["use_time_seq"] else None
        for layer in self.layer_stack:
            x = layer(x, time, hidden)
        return x[:, -1]


class FeatureAttention(nn.Module):
    def __init__(self, table, table_engineered, sizes, everywhere):
        super().__init__()
        width = sizes["dim_embedding_table"]
        engineered = sizes["n_engineered_num_features"]
        self.sizes, self.embedding, self.embedding_engineered = sizes, table, table_engineered
        self.emb_tbl_bias = nn.Parameter(
            torch.randn(sizes["n_cat_features"] + sizes["n_num_features"], width)
        )
        self.engineered_emb_tbl_bias = nn.Parameter(torch.randn(engineered, width))
        self.layer_norm_engineered = nn.LayerNorm(width)
        self.layer_stack_feature = nn.ModuleList(
            Layer(width, sizes, True, everywhere) for _ in range(sizes["n_layers_feature"])
        )

    def forward(self, x_cat, x_num, x_engineered):
        cat, num = embed(self.embedding, self.sizes, x_cat[:, -1], x_num[:, -1])
        rows = self.embedding_engineered.weight[1:]
        engineered = x_engineered[..., None] * rows + self.engineered_emb_tbl_bias
        x = torch.cat([torch.cat([cat, num], 1) + self.emb_tbl_bias, engineered], 1)
        x = self.layer_norm_engineered(functional.pad(x, (0, 0, 0, 1)))
        for layer in self.layer_stack_feature:
            x = layer(x)
        return x[:, -1]


class Mlp(nn.Module):
    def __init__(self, inputs, width, dropout):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(inputs, 1024), nn.ReLU(), nn.Dropout(dropout), nn.Linear(1024, width)
        )


class Classifier(nn.Module):
    """OrderFeatureAttentionClassifier."""

    def __init__(self, sizes, everywhere=False):
        super().__init__()
        width, dropout = sizes["dim_embedding_table"], sizes["dropout"]
        engineered = sizes["n_engineered_num_features"]
        self.sizes = sizes
        self.embedding = nn.Embedding(sizes["n_embedding"] + 2, width, padding_idx=0)
        self.embedding_engineered = nn.Embedding(engineered + 1, width, padding_idx=0)
        self.order_attention = OrderAttention(self.embedding, sizes, everywhere)
        self.feature_attention = FeatureAttention(
            self.embedding, self.embedding_engineered, sizes, everywhere
        )
        if sizes["use_mlp"]:
            self.MLP = Mlp(sizes["n_num_features"] + engineered, width, dropout)
            self.layer_norm_engineered = nn.LayerNorm(width)
        self.clf = nn.Sequential(
            nn.Linear((4 if sizes["use_mlp"] else 3) * width, 1024),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(1024, sizes["n_classes"]),
        )

    def forward(self, x_cat, x_num, time, keep, x_engineered):
        parts = [
            self.order_attention(x_cat, x_num, time, keep),
            self.feature_attention(x_cat, x_num, x_engineered),
        ]
        if self.sizes["use_mlp"]:
            last = torch.cat([x_num[:, -1], x_engineered], 1)
            parts.append(self.layer_norm_engineered(self.MLP.encoder(last)))
        return self.clf(torch.cat(parts, 1))

    def balance(self):
        return sum(m.balance for m in self.modules() if isinstance(m, Mixture))


NUMPY = {"F32": numpy.float32, "I32": numpy.int32, "I64": numpy.int64}


def read_safetensors(path):
    """Metadata and arrays."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    return metadata, {
        name: numpy.frombuffer(data[slice(*h["data_offsets"])], NUMPY[h["dtype"]]).reshape(h["shape"])
        for name, h in header.items()
    }


def write_safetensors(path, arrays, metadata):
    names = {numpy.dtype(kind): name for name, kind in NUMPY.items()}
    header, at = {"__metadata__": metadata}, 0
    for name, array in arrays.items():
        end = at + array.nbytes
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape),
                        "data_offsets": [at, end]}  # fmt: skip
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(numpy.ascontiguousarray(array).tobytes())


def check(path):
    """The largest relative difference from a reference file: of the scores, of the gradients."""
    metadata, arrays = read_safetensors(path)
    sizes = json.loads(metadata["config"])
    torch.manual_seed(1)
    worst_scores = worst_gradient = 0
    for everywhere in (False, True) if sizes["use_moe"] else (False,):
        model = Classifier(sizes, everywhere)
        for name, parameter in model.named_parameters():
            parameter.data.copy_(torch.from_numpy(arrays["param." + name].copy()))
        given = {name[6:]: torch.from_numpy(a.copy()) for name, a in arrays.items() if "input." in name}
        scores = model(given["x_cat"], given["x_num"], given["time"].squeeze(2), given["keep"],
                       given["x_engineered"])  # fmt: skip
        functional.cross_entropy(scores, given["label"]).backward()
        want = arrays["output.scores"]
        worst_scores = max(worst_scores, abs(scores.detach().numpy() - want).max() / abs(want).max())
        for name, parameter in model.named_parameters():
            want = arrays.get("grad." + name)
            if want is not None and abs(want).max() > 1e-6:
                far = abs(parameter.grad.numpy() - want).max() / abs(want).max()
                worst_gradient = max(worst_gradient, far)
    return float(worst_scores), float(worst_gradient)
