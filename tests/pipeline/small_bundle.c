#include "pipeline/small_bundle.h"

#include "pipeline/bundle_write.h"
#include "support/test.h"

static struct bundle_extra extra_of(const char *name, const char *text)
{
    return (struct bundle_extra){name, text, strlen(text)};
}

void small_bundle_write(const char *folder, double threshold)
{
    static const struct table_string labels[] = {{"False", 5}, {"True", 4}};
    static const struct schema_column column = {"score", SCHEMA_NUMBER, SCHEMA_REQUIRED};
    const struct schema input = {1, &column};
    const struct decision decision = {
        .kind = DECISION_BINARY, .threshold = threshold, .labels = 2, .label = labels};
    const char *const csv[] = {"label"};
    const struct bundle_extra extra[] = {
        extra_of("evaluation.json", "{\"binary_classification_metrics\": {\"auc\": {\"value\": 0.9,"
                                    " \"standard_deviation\": \"NaN\"}, \"f1\": {\"value\": 0.8},"
                                    " \"confusion_matrix\": {}}}"),
        extra_of("lineage.json", "{\"data_hash\": \"00ff\", \"seed\": 7}"),
        extra_of("reference.json",
                 "{\"rows\": 3, \"columns\": [{\"name\": \"score\", \"type\": \"number\", "
                 "\"deciles\": [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]}]}"),
    };
    const struct bundle_plan plan = {.name = "small",
                                     .input = &input,
                                     .decision = &decision,
                                     .csv_count = 1,
                                     .csv = csv,
                                     .extras = 3,
                                     .extra = extra};
    struct error err = {0};

    EXPECT_OK(bundle_write(&plan, folder, &err), &err);
}
