#include "services/ecr/lifecycle_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// The examples of https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html among others.
namespace cumulet::ecr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kDay = std::chrono::hours(24);
const TimePoint kNow = from_millis(1'700'000'000'000);

// One rule for each text of a selection.
std::string policy(const std::vector<std::string>& selections) {
  std::string rules;
  for (std::size_t i = 0; i < selections.size(); ++i)
    rules += (i == 0 ? "" : ",") + std::string(R"({"rulePriority":)") + std::to_string(i + 1) + R"(,"selection":{)" +
             selections[i] + R"(},"action":{"type":"expire"}})";
  return R"({"rules":[)" + rules + "]}";
}

AgingImage image(std::string digest, int days_old, std::vector<std::string> tags = {}) {
  return {std::move(digest), std::move(tags), kNow - kDay * days_old, false};
}

std::vector<std::string> gone(const std::vector<std::string>& selections, const std::vector<AgingImage>& images) {
  const auto parsed = parse_lifecycle_policy(policy(selections));
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  std::vector<std::string> out;
  for (const Expiry& one : expired(*parsed, images, kNow))
    out.push_back(images[one.image].digest + std::to_string(one.priority));
  return out;
}

const std::string kUntaggedTwoWeeks =
    R"("tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14)";
const std::string kOneProd =
    R"("tagStatus":"tagged","tagPrefixList":["prod"],"countType":"imageCountMoreThan","countNumber":1)";
const std::string kOneBeta =
    R"("tagStatus":"tagged","tagPrefixList":["beta"],"countType":"imageCountMoreThan","countNumber":1)";
const std::string kAnyOne = R"("tagStatus":"any","countType":"imageCountMoreThan","countNumber":1)";

TEST(Lifecycle, ByAge) {
  EXPECT_THAT(gone({kUntaggedTwoWeeks}, {image("a", 13), image("b", 15), image("c", 15, {"v1"})}), ElementsAre("b1"));
  EXPECT_THAT(gone({kUntaggedTwoWeeks}, {image("a", 14)}), IsEmpty());  // not older than
}

TEST(Lifecycle, ByCount) {
  EXPECT_THAT(gone({kAnyOne}, {image("a", 1), image("b", 3), image("c", 2)}), ElementsAre("b1", "c1"));
  EXPECT_THAT(gone({kAnyOne}, {image("a", 1)}), IsEmpty());
}

TEST(Lifecycle, AnImageIsTheFirstRulesThatFits) {
  // The oldest prod goes by rule 1; what rule 1 fits is no later rule's, whether it goes or stays.
  const std::vector<AgingImage> images{image("a", 3, {"beta-1", "prod-1"}), image("b", 2, {"beta-2", "prod-2"}),
                                       image("c", 1, {"beta-3"})};
  EXPECT_THAT(gone({kOneProd, kOneBeta}, images), ElementsAre("a1"));
  EXPECT_THAT(gone({kOneBeta, kOneProd}, images), ElementsAre("a1", "b1"));
}

TEST(Lifecycle, EachPrefixAndEachPatternMustFitATag) {
  const std::string both =
      R"("tagStatus":"tagged","tagPrefixList":["alpha","beta"],"countType":"sinceImagePushed","countUnit":"days","countNumber":5)";
  EXPECT_THAT(
      gone({both}, {image("a", 12, {"alpha-1"}), image("b", 11, {"beta-1"}), image("c", 10, {"alpha-2", "beta-2"})}),
      ElementsAre("c1"));
  const std::string pattern =
      R"("tagStatus":"tagged","tagPatternList":["prod*web"],"countType":"imageCountMoreThan","countNumber":1)";
  EXPECT_THAT(gone({pattern}, {image("a", 2, {"prod-1-web"}), image("b", 1, {"prodweb"}), image("c", 3, {"prod-1"})}),
              ElementsAre("a1"));
}

TEST(Lifecycle, WhatAnIndexNamesStays) {
  AgingImage child = image("a", 100);
  child.is_in_index = true;
  EXPECT_THAT(gone({kUntaggedTwoWeeks}, {child, image("b", 100)}), ElementsAre("b1"));
}

TEST(Lifecycle, WhatIsNoPolicyIsRefused) {
  for (
      const std::string& text :
      {std::string("{"), std::string("{}"), std::string(R"({"rules":[]})"), policy({kAnyOne, kAnyOne}),
       policy({kAnyOne, kOneProd}), policy({R"("tagStatus":"some","countType":"imageCountMoreThan","countNumber":1)"}),
       policy({R"("tagStatus":"any","countType":"imageCountMoreThan","countNumber":-1)"}),
       policy({R"("tagStatus":"any","countType":"imageCountMoreThan","countUnit":"days","countNumber":1)"}),
       policy({R"("tagStatus":"any","countType":"sinceImagePushed","countUnit":"hours","countNumber":1)"}),
       policy({R"("tagStatus":"any","tagPrefixList":["a"],"countType":"imageCountMoreThan","countNumber":1)"}),
       policy(
           {R"("tagStatus":"tagged","tagPrefixList":["a"],"tagPatternList":["a*"],"countType":"imageCountMoreThan","countNumber":1)"}),
       policy(
           {R"("tagStatus":"tagged","tagPatternList":["*a*b*c*d*"],"countType":"imageCountMoreThan","countNumber":1)"})})
    EXPECT_FALSE(parse_lifecycle_policy(text).ok()) << text;
}

}  // namespace
}  // namespace cumulet::ecr
