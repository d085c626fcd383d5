#include "http/router.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/testing.h"

namespace atelier::http {
namespace {

using Places = std::map<std::string, std::string>;

Plain says(const std::string& text) {
    return [text](Request&) { return Response::text(text); };
}

std::string heard(const Router::Found& found) {
    if (!found.handler) return "nothing";
    Request request;
    return std::get<Plain>(*found.handler)(request).content;
}

TEST(Router, PrefersWhatIsMoreParticular) {
    Router router;
    router.add(Method::get, "/", says("root"));
    router.add(Method::get, "/jobs", says("list"));
    router.add(Method::get, "/jobs/new", says("new"));
    router.add(Method::get, "/jobs/{id}", says("one"));
    router.add(Method::get, "/jobs/{id}/log", says("log"));
    router.add(Method::get, "/jobs/{rest...}", says("rest"));
    EXPECT_EQ(heard(router.find(Method::get, "/")), "root");
    EXPECT_EQ(heard(router.find(Method::get, "/jobs")), "list");
    EXPECT_EQ(heard(router.find(Method::get, "/jobs/new")), "new");
    EXPECT_EQ(heard(router.find(Method::get, "/jobs/7")), "one");
    EXPECT_EQ(heard(router.find(Method::get, "/jobs/7/log")), "log");
    EXPECT_EQ(heard(router.find(Method::get, "/jobs/new/log")), "log");  // back from a dead end
    EXPECT_EQ(heard(router.find(Method::get, "/jobs/7/other/x")), "rest");
    for (const char* path : {"", "jobs", "/nothing", "/jobs/", "//", "/jobs2"})
        EXPECT_EQ(heard(router.find(Method::get, path)), "nothing") << path;
}

TEST(Router, DecodesThePlaces) {
    Router router;
    router.add(Method::get, "/a/{x}/b/{y}", says(""));
    router.add(Method::get, "/files/{path...}", says(""));
    EXPECT_EQ(router.find(Method::get, "/a/1%2F2/b/%C3%A4+").places, (Places{{"x", "1/2"}, {"y", "ä+"}}));
    EXPECT_EQ(router.find(Method::get, "/files/a/b%20c//d").places, (Places{{"path", "a/b c//d"}}));
    EXPECT_EQ(testing_support::error_of([&] { router.find(Method::get, "/a/%zz/b/2"); }).kind(), Error::Kind::invalid);
}

TEST(Router, KnowsTheMethods) {
    Router router;
    router.add(Method::get, "/x", says("get"));
    router.add(Method::remove, "/x", says("remove"), 7);
    router.add(Method::post, "/y", says("post"));
    EXPECT_EQ(heard(router.find(Method::head, "/x")), "get");
    EXPECT_EQ(router.find(Method::remove, "/x").most_content, 7u);
    EXPECT_EQ(router.find(Method::put, "/x").allowed, (std::vector{Method::get, Method::remove, Method::head}));
    EXPECT_EQ(router.find(Method::head, "/y").allowed, (std::vector{Method::post}));
    EXPECT_TRUE(router.find(Method::get, "/z").allowed.empty());
    EXPECT_THROW(router.add(Method::get, "/x", says("again")), std::logic_error);
}

TEST(Router, IsNotSlowedDownByManySlashes) {
    Router router;
    router.add(Method::get, "/{a}/{b}/{c}/end", says(""));
    router.add(Method::get, "/{a}/{rest...}", says("rest"));
    EXPECT_EQ(heard(router.find(Method::get, "/" + std::string(100'000, '/'))), "nothing");
    EXPECT_EQ(heard(router.find(Method::get, "/x" + std::string(100'000, '/'))), "rest");
}

}  // namespace
}  // namespace atelier::http
