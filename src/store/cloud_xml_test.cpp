// Lists and errors as the services write them, and as they shouldn't.
#include "store/cloud_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"

namespace atelier::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::error_of;

std::string azure(const std::string& blobs, const std::string& next = "") {
    return "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"c\"><Blobs>" +
           blobs + "</Blobs><NextMarker>" + next + "</NextMarker></EnumerationResults>";
}

std::string azure_blob(const std::string& name, const std::string& size = "5") {
    return "<Blob><Name>" + name + "</Name><Properties><Etag>0x1</Etag><Content-Length>" + size +
           "</Content-Length></Properties></Blob>";
}

TEST(CloudXml, AzuresList) {
    const ListPage page = parse_azure_list(
        azure(azure_blob("a &amp; b/c.png") + "<BlobPrefix><Name>d/</Name></BlobPrefix>" +
                  "<Blob><Name Encoded=\"true\">e%20f</Name><Properties><Content-Length>0</Content-Length>"
                  "<Etag>\"0x2\"</Etag></Properties></Blob>",
              "more"));
    ASSERT_EQ(page.files.size(), 2u);
    EXPECT_EQ(page.files[0].name, "a & b/c.png");
    EXPECT_EQ(page.files[0].size, 5u);
    EXPECT_EQ(page.files[0].tag, "0x1");
    EXPECT_EQ(page.files[1].name, "e f");
    EXPECT_EQ(page.files[1].tag, "0x2");
    EXPECT_THAT(page.folders, ElementsAre("d/"));
    EXPECT_EQ(page.next, "more");
    EXPECT_EQ(parse_azure_list(azure("")).next, "");
}

TEST(CloudXml, NamesThatLeadOutAreLeftOut) {
    const ListPage page = parse_azure_list(azure(azure_blob("../up") + azure_blob("/abs") + azure_blob("a//b") +
                                                 azure_blob("folder/") + azure_blob("fine") +
                                                 "<BlobPrefix><Name>../</Name></BlobPrefix>"
                                                 "<BlobPrefix><Name>/</Name></BlobPrefix><BlobPrefix/>"));
    ASSERT_EQ(page.files.size(), 1u);
    EXPECT_EQ(page.files[0].name, "fine");
    EXPECT_THAT(page.folders, IsEmpty());
}

TEST(CloudXml, S3sList) {
    const ListPage page = parse_s3_list(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
        "<Contents><Key>a/b</Key><Size>7</Size><ETag>&quot;e&quot;</ETag></Contents>"
        "<Contents><Key>c</Key><Size>0</Size><ETag>\"x\"</ETag><Generation>123</Generation></Contents>"
        "<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes></ListBucketResult>");
    ASSERT_EQ(page.files.size(), 2u);
    EXPECT_EQ(page.files[0].tag, "e");
    EXPECT_EQ(page.files[1].tag, "123");
    EXPECT_THAT(page.folders, ElementsAre("d/"));
    EXPECT_EQ(page.next, "t");
}

TEST(CloudXml, WhatIsntAListIsRefused) {
    for (const std::string& xml :
         {std::string(), std::string("<html>"), std::string("{}"), std::string("<Error><Code>X</Code></Error>"),
          azure(azure_blob("a", "-1")), azure(azure_blob("a", "many")), azure(azure_blob("a", "")),
          azure(azure_blob("a")).substr(0, 150)})
        EXPECT_EQ(error_of([&] { parse_azure_list(xml); }).kind(), Error::Kind::invalid) << xml;
    for (const char* xml : {"", "<a/>", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
                            "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>"})
        EXPECT_EQ(error_of([&] { parse_s3_list(xml); }).kind(), Error::Kind::invalid) << xml;
    for (const char* xml : {"", "<InitiateMultipartUploadResult/>"})
        EXPECT_EQ(error_of([&] { parse_upload_id(xml); }).kind(), Error::Kind::invalid) << xml;
}

TEST(CloudXml, ErrorsCodesAreWords) {
    EXPECT_EQ(parse_error_code("<Error><Code>NoSuchKey</Code><Message>secret</Message></Error>"), "NoSuchKey");
    EXPECT_EQ(parse_error_code("<Error><Code>No such key, and more</Code></Error>"), "");
    EXPECT_EQ(parse_error_code("<Error><Code>" + std::string(101, 'x') + "</Code></Error>"), "");
    EXPECT_EQ(parse_error_code("<html>"), "");
    EXPECT_EQ(parse_error_code(""), "");
}

TEST(CloudXml, EntitiesDontGrow) {
    std::string bomb = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>";
    bomb += "<Error><Code>&b;</Code></Error>";
    EXPECT_EQ(parse_error_code(bomb), "");
}

}  // namespace
}  // namespace atelier::store
