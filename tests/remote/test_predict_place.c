/* `quern predict` from the store to the store. */
#include "pipeline/small_bundle.h"
#include "remote/place.h"
#include "remote/store.h"
#include "remote/support.h"
#include "support/test.h"

static void expect_predict(int status, const char *said, const char *arguments)
{
    struct test_output got = test_quern("predict %s --quiet", arguments);

    if (got.status != status)
        fprintf(stderr, "%s", got.err);
    EXPECT_EQ(got.status, status);
    EXPECT_HAS(got.err, said);
    test_output_clear(&got);
}

TEST(predict_scores_objects)
{
    struct place place;
    struct error err = {0};

    if (!store_shared())
        return;
    EXPECT_OK(place_prepare(&place, "s3://quern/batch/bundle", &err), &err);
    small_bundle_write(place.local, 0.5);
    EXPECT_OK(place_send(&place, &err), &err);
    place_clear(&place);
    send_text("s3://quern/batch/in/a.csv", "score\n0.9\n0.1\n");
    send_text("s3://quern/batch/in/b.csv", "0.2\n0.8\n");
    send_text("s3://quern/batch/in/bad.jsonl", "[0.2]\n[\"x\"]\n");

    expect_predict(0, "", "s3://quern/batch/bundle s3://quern/batch/in/a.csv");
    expect_text("s3://quern/batch/in/a.csv.out", "True\nFalse\n");
    expect_predict(0, "",
                   "s3://quern/batch/bundle s3://quern/batch/in/b.csv -o s3://quern/batch/b.csv "
                   "--join --header");
    expect_text("s3://quern/batch/b.csv", "score,label\n0.2,False\n0.8,True\n");
    expect_predict(0, "",
                   "s3://quern/batch/bundle 's3://quern/batch/in/?.csv' -o s3://quern/batch/all/");
    expect_text("s3://quern/batch/all/a.csv.out", "True\nFalse\n");
    expect_text("s3://quern/batch/all/b.csv.out", "False\nTrue\n");

    expect_predict(1, "'s3://quern/batch/in/bad.jsonl': row 2, column 'score': 'x' is not a number",
                   "s3://quern/batch/bundle s3://quern/batch/in/bad.jsonl");
    EXPECT_EQ(count_objects("quern", "batch/in/bad.jsonl.out"), 0);
    expect_predict(0, "",
                   "s3://quern/batch/bundle s3://quern/batch/in/bad.jsonl --errors "
                   "s3://quern/batch/faults.jsonl --columns label");
    expect_text("s3://quern/batch/in/bad.jsonl.out",
                "\"False\"\n{\"error\": \"'x' is not a number\", \"row\": 2, \"column\": "
                "\"score\"}\n");
    expect_text(
        "s3://quern/batch/faults.jsonl",
        "{\"file\": \"s3://quern/batch/in/bad.jsonl\", \"fault\": {\"error\": \"'x' is not a "
        "number\", \"row\": 2, \"column\": \"score\"}}\n");
    expect_predict(1, "s3://quern/batch/none.csv",
                   "s3://quern/batch/bundle s3://quern/batch/none.csv");
}
