#include "markup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, NAME_MAX_BYTES = 32, IDS_MAX = 512, ATTRIBUTES_MAX = 32 };

struct name {
    const char *start;
    size_t length;
};

struct reader {
    const char *at, *end;
    struct name open[DEPTH_MAX], id[IDS_MAX], link[IDS_MAX];
    size_t depth, ids, links, roots;
    char *why;
};

static bool wrong(struct reader *r, const char *what)
{
    const size_t left = (size_t)(r->end - r->at);

    snprintf(r->why, 256, "%s at \"%.*s\"", what, (int)(left < 120 ? left : 120), r->at);
    return false;
}

static bool same(struct name a, struct name b)
{
    return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

static bool is(struct name a, const char *text)
{
    return same(a, (struct name){text, strlen(text)});
}

static bool starts(const struct reader *r, const char *text)
{
    return (size_t)(r->end - r->at) >= strlen(text) && memcmp(r->at, text, strlen(text)) == 0;
}

static struct name read_name(struct reader *r)
{
    struct name name = {r->at, 0};

    while (r->at < r->end &&
           (strchr("-_:", *r->at) || (*r->at >= 'a' && *r->at <= 'z') ||
            (*r->at >= 'A' && *r->at <= 'Z') || (*r->at >= '0' && *r->at <= '9')) &&
           *r->at)
        r->at++;
    name.length = (size_t)(r->at - name.start);
    return name;
}

static bool check_entity(struct reader *r)
{
    static const char *const known[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};

    for (size_t e = 0; e < sizeof known / sizeof *known; e++)
        if (starts(r, known[e])) {
            r->at += strlen(known[e]);
            return true;
        }
    return wrong(r, "an unknown entity");
}

/* Attribute value or text, up to `stop`. */
static bool skip_text(struct reader *r, char stop)
{
    while (r->at < r->end && *r->at != stop) {
        if (*r->at == '<')
            return wrong(r, "a '<' inside an attribute");
        if (*r->at == '&') {
            if (!check_entity(r))
                return false;
        } else {
            r->at++;
        }
    }
    return true;
}

static bool note_attribute(struct reader *r, struct name name, struct name value)
{
    if (name.length > 2 && memcmp(name.start, "on", 2) == 0)
        return wrong(r, "an event handler");
    if (is(name, "id") && r->ids < IDS_MAX) {
        for (size_t i = 0; i < r->ids; i++)
            if (same(r->id[i], value))
                return wrong(r, "an id used twice");
        r->id[r->ids++] = value;
    }
    if (is(name, "src"))
        return wrong(r, "something loaded");
    if (is(name, "href")) {
        const bool inside = value.length > 1 && value.start[0] == '#';
        if (!inside && !is(value, "data:,"))
            return wrong(r, "a link to elsewhere");
        if (inside && r->links < IDS_MAX) {
            const struct name target = {value.start + 1, value.length - 1};
            bool known = false;
            for (size_t i = 0; i < r->links; i++)
                known |= same(r->link[i], target);
            if (!known)
                r->link[r->links++] = target;
        }
    }
    return true;
}

static bool read_attributes(struct reader *r)
{
    struct name seen[ATTRIBUTES_MAX];
    size_t count = 0;

    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n')) {
        r->at++;
        const struct name name = read_name(r);
        if (name.length == 0 || !starts(r, "=\""))
            return wrong(r, "an attribute without name or quotes");
        for (size_t i = 0; i < count; i++)
            if (same(seen[i], name))
                return wrong(r, "an attribute given twice");
        if (count < ATTRIBUTES_MAX)
            seen[count++] = name;
        r->at += 2;
        struct name value = {r->at, 0};
        if (!skip_text(r, '"'))
            return false;
        value.length = (size_t)(r->at - value.start);
        if (r->at++ >= r->end || !note_attribute(r, name, value))
            return r->at > r->end ? wrong(r, "an open quote") : false;
    }
    return true;
}

static bool read_close(struct reader *r)
{
    r->at += 2;
    const struct name name = read_name(r);
    if (r->depth == 0 || !same(name, r->open[r->depth - 1]))
        return wrong(r, "a closing tag of something else");
    r->depth--;
    if (!starts(r, ">"))
        return wrong(r, "a closing tag that does not end");
    r->at++;
    return true;
}

static bool read_open(struct reader *r)
{
    r->at++;
    const struct name name = read_name(r);
    if (name.length == 0)
        return wrong(r, "a bare '<'");
    if (is(name, "script") || is(name, "iframe") || is(name, "object") || is(name, "embed") ||
        is(name, "img") || is(name, "base"))
        return wrong(r, "an element that runs or loads");
    if (r->depth == 0 && r->roots++ > 0)
        return wrong(r, "a second root");
    if (!read_attributes(r))
        return false;
    if (starts(r, "/>")) {
        r->at += 2;
        return true;
    }
    if (!starts(r, ">") || r->depth == DEPTH_MAX)
        return wrong(r, "a tag that does not end");
    r->at++;
    r->open[r->depth++] = name;
    return true;
}

static bool check_bytes(struct reader *r)
{
    for (const char *p = r->at; p < r->end; p++) {
        const unsigned char c = (unsigned char)*p;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
            r->at = p;
            return wrong(r, "a control character");
        }
    }
    return true;
}

bool markup_check(const char *page, size_t length, char why[256])
{
    static const char doctype[] = "<!DOCTYPE html>\n";
    struct reader *r = calloc(1, sizeof *r);
    bool ok = r != NULL;

    if (!r)
        abort();
    *r = (struct reader){.at = page, .end = page + length, .why = why};
    ok = check_bytes(r) && (starts(r, doctype) || wrong(r, "no doctype"));
    r->at += ok ? strlen(doctype) : 0;
    while (ok && r->at < r->end) {
        if (starts(r, "</"))
            ok = read_close(r);
        else if (*r->at == '<')
            ok = read_open(r);
        else if (*r->at == '&')
            ok = check_entity(r);
        else if (*r->at == '>' && r->depth == 0)
            ok = wrong(r, "text outside the root");
        else
            r->at++;
    }
    if (ok && r->depth > 0)
        ok = wrong(r, "an element left open");
    for (size_t l = 0; ok && l < r->links; l++) {
        bool found = false;
        for (size_t i = 0; i < r->ids; i++)
            found |= same(r->id[i], r->link[l]);
        if (!found) {
            r->at = r->link[l].start;
            ok = wrong(r, "a link to an id that is not there");
        }
    }
    free(r);
    return ok;
}
