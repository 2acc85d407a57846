#include "base/error.h"
#include "support/test.h"

TEST(error_says_one_sentence_and_keeps_its_code)
{
    struct error err = {0};

    EXPECT(!error_set(&err, ERR_DATA, "row %d:\nbad", 7));
    EXPECT_STR(err.text, "row 7: bad");
    error_wrap(&err, "file '%s'", "a.csv");
    EXPECT_STR(err.text, "file 'a.csv': row 7: bad");
    EXPECT_EQ(error_exit_status(&err), 1);
    EXPECT_EQ(error_http_status(&err), 422);
}

TEST(error_text_is_cut_never_overrun)
{
    struct error err = {0};
    char longer[4 * ERROR_TEXT_MAX];

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    error_set(&err, ERR_ARG, "%s", longer);
    error_wrap(&err, "%s", longer);
    EXPECT_EQ(strlen(err.text), ERROR_TEXT_MAX - 1);
}
