#include "remote/md5.h"
#include "remote/s3_address.h"
#include "remote/s3_xml.h"
#include "support/test.h"

TEST(xml_listing_gives_objects_and_token)
{
    static const char text[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
        "<Prefix>k</Prefix><IsTruncated>true</IsTruncated><!-- <Key>no</Key> -->"
        "<Contents><Key>k%2Fa+b%2Bc</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>"
        "<ETag>&quot;abc&#34;</ETag><Size>12</Size><Owner><ID>x</ID><Key>no</Key></Owner>"
        "<StorageClass/></Contents>"
        "<Contents><Key>&#xfc;</Key><Size>0</Size></Contents>"
        "<CommonPrefixes><Prefix>no</Prefix></CommonPrefixes>"
        "<EncodingType>url</EncodingType>"
        "<NextContinuationToken>t/+=</NextContinuationToken></ListBucketResult>";
    struct s3_page page = {0};
    struct arena memory = {0};
    struct error err = {0};

    EXPECT_OK(s3_page_parse(&page, text, sizeof text - 1, &memory, &err), &err);
    EXPECT_EQ(page.count, 2);
    EXPECT_STR(page.object[0].key, "k/a b+c");
    EXPECT_STR(page.object[0].etag, "\"abc\"");
    EXPECT_EQ(page.object[0].size, 12);
    EXPECT_EQ(page.object[0].modified, 1767323045678000);
    EXPECT_STR(page.object[1].key, "\xc3\xbc");
    EXPECT_STR(page.object[1].etag, "");
    EXPECT_STR(page.next, "t/+=");
    /* Cut anywhere it is refused, and never read past its end. */
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *copy = malloc(size ? size : 1);
        memcpy(copy, text, size);
        err = (struct error){0};
        EXPECT(!s3_page_parse(&page, copy, size, &memory, &err));
        EXPECT_HAS(err.text, "listing");
        free(copy);
    }
    s3_page_clear(&page);
    arena_clear(&memory);
}

#define ENCODED(inner)                                                                             \
    "<ListBucketResult><EncodingType>url</EncodingType>" inner "</ListBucketResult>"

TEST(xml_that_is_no_listing_is_refused)
{
    static const char *const rows[] = {
        "",
        "<html>hello</html>",
        "<ListBucketResult><Contents></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key></Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>x</Size></Contents></ListBucketResult>",
        ENCODED("<Contents><Key>a%00b</Key></Contents>"),
        "<ListBucketResult>&unknown;</ListBucketResult>",
        "<ListBucketResult>&#xD800;</ListBucketResult>",
        "<ListBucketResult>&#999999999999999;</ListBucketResult>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult></ListBucketResult>",
        "<ListBucketResult></Other>",
        "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
    };
    struct s3_page page = {0};
    struct arena memory = {0};
    struct error err = {0};

    EACH_ROW(rows, r)
        EXPECT_ERROR(s3_page_parse(&page, *r, strlen(*r), &memory, &err), &err, ERR_IO,
                     "cannot be understood");
    s3_page_clear(&page);
    arena_clear(&memory);
}

TEST(xml_find_takes_the_first_leaf_and_cuts_it)
{
    static const char text[] = "<Error><Code>NoSuch&lt;Key&gt;</Code><Code>b</Code></Error>";
    char out[32], small[4];

    EXPECT(s3_xml_find(text, sizeof text - 1, "Code", out, sizeof out));
    EXPECT_STR(out, "NoSuch<Key>");
    EXPECT(s3_xml_find(text, sizeof text - 1, "Code", small, sizeof small));
    EXPECT_STR(small, "NoS");
    EXPECT(!s3_xml_find(text, sizeof text - 1, "Error", out, sizeof out));
    EXPECT(!s3_xml_find(text, sizeof text - 1, "Message", out, sizeof out));
}

TEST(encoding_keeps_only_the_unreserved)
{
    struct text out = {0};
    char back[] = "a%2Fb+%zz%41%";

    s3_encode(&out, "aZ0-._~/ +=&\xc3\xa4%", true);
    EXPECT_STR(out.bytes, "aZ0-._~/%20%2B%3D%26%C3%A4%25");
    text_clear(&out);
    s3_encode(&out, "a/b", false);
    EXPECT_STR(out.bytes, "a%2Fb");
    text_clear(&out);
    EXPECT(s3_decode(back));
    EXPECT_STR(back, "a/b %zzA%");
}

/* RFC 1321, A.5. */
TEST(md5_gives_the_digests_of_its_rfc)
{
    static const struct {
        const char *text, *hex;
    } rows[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
    };

    EACH_ROW(rows, r)
        for (size_t step = 1; step < 70; step += 23) {
            struct md5 md5;
            unsigned char digest[MD5_BYTES];
            char hex[MD5_HEX_ROOM], base64[MD5_BASE64_ROOM];
            md5_start(&md5);
            for (size_t at = 0, size = strlen(r->text); at < size; at += step)
                md5_add(&md5, r->text + at, size - at < step ? size - at : step);
            md5_end(&md5, digest);
            md5_hex(digest, hex);
            EXPECT_STR(hex, r->hex);
            md5_base64(digest, base64);
            EXPECT_EQ(strlen(base64), 24);
            if (!r->text[0])
                EXPECT_STR(base64, "1B2M2Y8AsgTpgAmY7PhCfg==");
        }
}
