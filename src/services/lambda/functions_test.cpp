#include "services/lambda/functions.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/manual_time.hpp"
#include "services/lambda/code_package.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/policy.hpp"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

struct Entry {
  std::string name;
  std::string content;
  mode_t mode = 0644;
  std::string link;  // a symbolic link to this
};

std::string zip_of(const std::vector<Entry>& entries) {
  std::string out(1 << 20, '\0');
  std::size_t used = 0;
  archive* a = archive_write_new();
  archive_write_set_format_zip(a);
  archive_write_open_memory(a, out.data(), out.size(), &used);
  for (const auto& e : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, e.name.c_str());
    archive_entry_set_mode(entry, (e.link.empty() ? S_IFREG : S_IFLNK) | e.mode);
    if (e.link.empty())
      archive_entry_set_size(entry, static_cast<la_int64_t>(e.content.size()));
    else
      archive_entry_set_symlink(entry, e.link.c_str());
    archive_write_header(a, entry);
    archive_write_data(a, e.content.data(), e.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  out.resize(used);
  return out;
}

class FunctionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("cumulet-lambda-" + uuid4());
    fs::create_directories(folder_);
    context_.region = "us-east-1";
    context_.endpoint = "http://127.0.0.1:4566";
    open();
  }
  void TearDown() override {
    functions_.reset();
    store_.reset();
    database_.reset();
    fs::remove_all(folder_);
  }
  void open() {
    functions_.reset();
    store_.reset();
    database_.reset();
    database_ = std::move(storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral)).value();
    store_.emplace(*database_, folder_ / "functions", false);
    ASSERT_TRUE(store_->load().ok());
    ControlPorts ports;
    ports.role_exists = [](std::string_view arn) { return arn == "arn:aws:iam::000000000000:role/r"; };
    ports.read_object = [this](std::string_view, const std::string& bucket,
                               const std::string& key) -> Result<std::string> {
      static constexpr ErrorKind kNoSuchKey{"NoSuchKey", 404};
      if (bucket == "code" && key == "f.zip") return zip_;
      return Error{kNoSuchKey, "The specified key does not exist."};
    };
    functions_.emplace(*store_, time_, random_, ports);
  }
  CreateFunctionRequest request(const std::string& name) {
    CreateFunctionRequest r;
    r.function_name = name;
    r.runtime = "provided.al2023";
    r.handler = "bootstrap";
    r.role = "arn:aws:iam::000000000000:role/r";
    r.code.zip_file = wire::Blob{zip_};
    return r;
  }

  fs::path folder_;
  ManualTime time_;
  SeededRandom random_{11};
  std::unique_ptr<storage::Database> database_;
  std::optional<FunctionStore> store_;
  std::optional<Functions> functions_;
  wire::CallContext context_;
  std::string zip_ = zip_of({{"bootstrap", "#!/bin/sh\n", 0755, ""}, {"data/é.txt", "text", 0600, ""}});
};

TEST_F(FunctionsTest, AFunctionIsThereAfterARestartWithItsCode) {
  const auto made = functions_->create_function(context_, request("f"));
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->function_arn, "arn:aws:lambda:us-east-1:000000000000:function:f");
  EXPECT_EQ(made->state, "Pending");
  EXPECT_EQ(functions_->get_function_configuration(context_, {"f", {}})->state, "Active");
  EXPECT_EQ(made->last_modified, "2015-08-30T12:36:00.000+0000");
  EXPECT_EQ(made->logging_config.log_group, "/aws/lambda/f");
  const std::string id = store_->find("us-east-1", "f")->latest.code_id;
  fs::remove_all(store_->code_folder(id));  // as if the engine had died before it was unpacked
  open();
  const auto found = functions_->find("us-east-1", "f");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ((*found)->latest.configuration.code_sha256, made->code_sha256);
  struct stat status {};
  ASSERT_EQ(::stat((store_->code_folder(id) / "bootstrap").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0755u);
  ASSERT_EQ(::stat((store_->code_folder(id) / "data/é.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
}

TEST_F(FunctionsTest, NamesAreUnderstoodInAllForms) {
  ASSERT_TRUE(functions_->create_function(context_, request("f")).ok());
  for (const char* name :
       {"f", "f:$LATEST", "000000000000:function:f", "arn:aws:lambda:us-east-1:000000000000:function:f",
        "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST", "function:f"})
    EXPECT_TRUE(functions_->find("us-east-1", name).ok()) << name;
  EXPECT_EQ(functions_->find("us-east-1", "g").error().message(),
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:g");
  EXPECT_EQ(functions_->find("us-east-1", "f:7").error().message(),
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:7");
  EXPECT_FALSE(functions_->find("eu-west-1", "f").ok());
}

TEST_F(FunctionsTest, RefusesAsLambdaRefuses) {
  ASSERT_TRUE(functions_->create_function(context_, request("f")).ok());
  EXPECT_EQ(functions_->create_function(context_, request("f")).error().message(), "Function already exist: f");
  auto r = request("g");
  r.role = "arn:aws:iam::000000000000:role/none";
  EXPECT_EQ(functions_->create_function(context_, r).error().message(),
            "The role defined for the function cannot be assumed by Lambda.");
  r = request("g");
  r.code.zip_file = wire::Blob{"this is no zip"};
  EXPECT_EQ(functions_->create_function(context_, r).error().message(),
            "Could not unzip uploaded file. Please check your file, then try to upload again.");
  r = request("g");
  r.code.zip_file.reset();
  r.code.s3_bucket = "code";
  r.code.s3_key = "none";
  EXPECT_EQ(
      functions_->create_function(context_, r).error().message(),
      "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.");
  r = request("g");
  r.environment = EnvironmentVariables{{{"AWS_REGION", "x"}}};
  EXPECT_NE(
      functions_->create_function(context_, r).error().message().find("Reserved keys used in this request: AWS_REGION"),
      std::string::npos);
  r.environment = EnvironmentVariables{{{"BIG", std::string(5000, 'x')}}};
  EXPECT_NE(functions_->create_function(context_, r).error().message().find("exceeded the 4KB limit"),
            std::string::npos);
  r = request("g");
  r.handler.reset();
  EXPECT_FALSE(functions_->create_function(context_, r).ok());
}

// A few names of many levels make as many folders as they like: they count as members.
TEST_F(FunctionsTest, FoldersInNamesCountAsMembers) {
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += "d/";
  const std::string zip = zip_of(
      {{"a/" + deep + "x", "x", 0644, ""}, {"a/" + deep + "y", "y", 0644, ""}, {"b/" + deep + "x", "x", 0644, ""}});
  EXPECT_TRUE(unpack_zip(zip, folder_ / "whole", 125).ok());
  EXPECT_TRUE(fs::exists(folder_ / "whole/b" / deep / "x"));
  EXPECT_FALSE(unpack_zip(zip, folder_ / "refused", 124).ok());
  EXPECT_FALSE(fs::exists(folder_ / "refused"));
}

TEST_F(FunctionsTest, CodeComesFromS3AndUpdatesMakeANewGeneration) {
  auto r = request("f");
  r.code.zip_file.reset();
  r.code.s3_bucket = "code";
  r.code.s3_key = "f.zip";
  const auto made = functions_->create_function(context_, r);
  ASSERT_TRUE(made.ok());
  FunctionRef seen_before, seen_after;
  store_->listen([&](const FunctionRef& before, const FunctionRef& after) {
    seen_before = before;
    seen_after = after;
  });
  UpdateFunctionCodeRequest update;
  update.function_name = "f";
  update.zip_file = wire::Blob{zip_of({{"bootstrap", "other", 0755, ""}})};
  update.revision_id = "stale";
  EXPECT_TRUE(functions_->update_function_code(context_, update).error().is(kPreconditionFailed));
  EXPECT_EQ(functions_->update_function_code(context_, update).error().message(),
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
            "retrieve the latest Revision Id");
  update.revision_id = functions_->get_function_configuration(context_, {"f", {}})->revision_id;
  const auto updated = functions_->update_function_code(context_, update);
  ASSERT_TRUE(updated.ok());
  EXPECT_NE(updated->code_sha256, made->code_sha256);
  EXPECT_EQ(seen_after->latest.generation, seen_before->latest.generation + 1);
  UpdateFunctionConfigurationRequest configure;
  configure.function_name = "f";
  configure.memory_size = 2048;
  configure.timeout = 300;
  const auto configured = functions_->update_function_configuration(context_, configure);
  ASSERT_TRUE(configured.ok());
  EXPECT_EQ(configured->memory_size, 2048);
  EXPECT_EQ(seen_after->latest.generation, 3);
}

TEST_F(FunctionsTest, PermissionsDecideWhoInvokes) {
  ASSERT_TRUE(functions_->create_function(context_, request("f")).ok());
  AddPermissionRequest permission;
  permission.function_name = "f";
  permission.statement_id = "s3";
  permission.action = "lambda:InvokeFunction";
  permission.principal = "s3.amazonaws.com";
  permission.source_arn = "arn:aws:s3:::in*";
  permission.source_account = "000000000000";
  const auto added = functions_->add_permission(context_, permission);
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(
      added->statement,
      R"({"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",)"
      R"("Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",)"
      R"("Condition":{"StringEquals":{"AWS:SourceAccount":"000000000000"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::in*"}}})");
  EXPECT_TRUE(functions_->add_permission(context_, permission).error().is(kResourceConflict));
  const FunctionRef f = store_->find("us-east-1", "f");
  EXPECT_TRUE(allows_service(*f, "$LATEST", "s3.amazonaws.com", "arn:aws:s3:::input", "000000000000"));
  EXPECT_FALSE(allows_service(*f, "$LATEST", "s3.amazonaws.com", "arn:aws:s3:::output", "000000000000"));
  EXPECT_FALSE(allows_service(*f, "$LATEST", "events.amazonaws.com", "arn:aws:s3:::input", "000000000000"));
  RemovePermissionRequest remove;
  remove.function_name = "f";
  remove.statement_id = "s3";
  ASSERT_TRUE(functions_->remove_permission(context_, remove).ok());
  EXPECT_TRUE(functions_->get_policy(context_, {"f", {}}).error().is(kResourceNotFound));
}

TEST_F(FunctionsTest, ReservedConcurrencyLeavesAHundredUnreserved) {
  ASSERT_TRUE(functions_->create_function(context_, request("f")).ok());
  ASSERT_TRUE(functions_->put_function_concurrency(context_, {"f", 900}).ok());
  EXPECT_FALSE(functions_->put_function_concurrency(context_, {"f", 901}).ok());
  EXPECT_EQ(functions_->get_account_settings(context_, {})->account_limit.unreserved_concurrent_executions, 100);
  ASSERT_TRUE(functions_->delete_function_concurrency(context_, {"f", {}}).ok());
  EXPECT_FALSE(functions_->get_function_concurrency(context_, {"f", {}})->reserved_concurrent_executions);
}

TEST_F(FunctionsTest, ListsPageByPage) {
  for (int i = 0; i < 60; ++i)
    ASSERT_TRUE(functions_->create_function(context_, request("f" + std::to_string(100 + i))).ok());
  const auto first = functions_->list_functions(context_, {});
  ASSERT_EQ(first->functions.size(), 50u);
  EXPECT_FALSE(first->functions[0].state);
  ListFunctionsRequest more;
  more.marker = first->next_marker;
  EXPECT_EQ(functions_->list_functions(context_, more)->functions.size(), 10u);
}

TEST(CodePackages, NeverLeaveTheirFolder) {
  const fs::path folder = fs::temp_directory_path() / ("cumulet-zip-" + uuid4());
  fs::create_directories(folder);
  for (const auto& evil : std::vector<std::vector<Entry>>{
           {{"../evil", "x", 0644, ""}},
           {{"/tmp/evil", "x", 0644, ""}},
           {{"a/../../evil", "x", 0644, ""}},
           {{"..\\evil", "x", 0644, ""}},
           {{"link", "", 0777, "/etc"}, {"link/evil", "x", 0644, ""}},
           {{"link", "", 0777, "../.."}},
       }) {
    EXPECT_FALSE(unpack_zip(zip_of(evil), folder / "code").ok()) << evil[0].name;
    EXPECT_FALSE(fs::exists(folder / "code"));
  }
  EXPECT_TRUE(
      unpack_zip(zip_of({{"lib/a.so.1", "x", 0644, ""}, {"lib/a.so", "", 0777, "a.so.1"}}), folder / "code").ok());
  EXPECT_EQ(fs::read_symlink(folder / "code/lib/a.so"), "a.so.1");
  fs::remove_all(folder);
}

TEST(CodePackages, RefuseBombs) {
  const fs::path folder = fs::temp_directory_path() / ("cumulet-zip-" + uuid4());
  fs::create_directories(folder);
  std::vector<Entry> entries;
  const std::string zeros(64 << 20, '\0');
  for (int i = 0; i < 5; ++i) entries.push_back({"z" + std::to_string(i), zeros, 0644, ""});
  EXPECT_EQ(unpack_zip(zip_of(entries), folder / "code").error().message(),
            "Unzipped size must be smaller than 262144000 bytes");
  EXPECT_TRUE(fs::is_empty(folder));
  fs::remove_all(folder);
}

// The data folder of a version that knew $LATEST alone.
TEST_F(FunctionsTest, RowsOfBeforeVersionsAreTakenOver) {
  store_.reset();
  database_.reset();
  fs::remove(folder_ / "state.db");
  database_ = std::move(storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral)).value();
  ASSERT_TRUE(database_
                  ->migrate("lambda", {"CREATE TABLE lambda_function("
                                       " region TEXT, name TEXT, function TEXT NOT NULL, PRIMARY KEY(region, name)) "
                                       "WITHOUT ROWID"})
                  .ok());
  const char* old =
      R"({"Region":"us-east-1","Name":"f","Configuration":{"FunctionName":"f","FunctionArn":)"
      R"("arn:aws:lambda:us-east-1:000000000000:function:f","Runtime":"provided.al2023","Role":"r","Timeout":7,)"
      R"("RevisionId":"rev","Version":"$LATEST"},"CodeId":"code","Generation":4,"ReservedConcurrency":3,)"
      R"("EventInvokeConfig":{"LastModified":1.5,"FunctionArn":"arn:x","MaximumRetryAttempts":1,"DestinationConfig":{}},)"
      R"("Permissions":[{"FunctionName":"f","StatementId":"s3","Action":"lambda:InvokeFunction","Principal":)"
      R"("s3.amazonaws.com","SourceArn":"arn:aws:s3:::input"}],"Tags":{"a":"b"}})";
  const char* bare =
      R"({"Region":"us-east-1","Name":"g","Configuration":{"FunctionName":"g","FunctionArn":"arn:g"},"CodeId":"c",)"
      R"("Generation":1,"Permissions":[],"Tags":{}})";
  ASSERT_TRUE(database_
                  ->write_blocking([&](storage::Transaction& tx) -> Result<void> {
                    tx.run("INSERT INTO lambda_function VALUES('us-east-1', 'f', ?1)", old);
                    tx.run("INSERT INTO lambda_function VALUES('us-east-1', 'g', ?1)", bare);
                    return {};
                  })
                  .ok());
  store_.emplace(*database_, folder_ / "functions", false);
  ASSERT_TRUE(store_->load().ok());
  const FunctionRef f = store_->find("us-east-1", "f");
  ASSERT_TRUE(f);
  EXPECT_EQ(f->latest.region, "us-east-1");
  EXPECT_EQ(f->latest.code_id, "code");
  EXPECT_EQ(f->latest.generation, 4);
  EXPECT_EQ(f->latest.configuration.timeout, 7);
  EXPECT_EQ(f->reserved_concurrency, 3);
  EXPECT_EQ(f->event_invoke_configs.at("$LATEST").maximum_retry_attempts, 1);
  EXPECT_TRUE(allows_service(*f, "$LATEST", "s3.amazonaws.com", "arn:aws:s3:::input", "000000000000"));
  EXPECT_EQ(f->tags.at("a"), "b");
  const FunctionRef g = store_->find("us-east-1", "g");
  ASSERT_TRUE(g);
  EXPECT_TRUE(g->permissions.empty() && g->event_invoke_configs.empty() && !g->reserved_concurrency);
}

TEST_F(FunctionsTest, PublishedVersionsStayAsTheyWere) {
  ASSERT_TRUE(functions_->create_function(context_, request("f")).ok());
  PublishVersionRequest publish;
  publish.function_name = "f";
  publish.description = "the first";
  ASSERT_EQ(functions_->publish_version(context_, publish)->version, "1");
  EXPECT_EQ(functions_->publish_version(context_, publish)->version, "1") << "nothing changed since";
  const std::string first_code = store_->find("us-east-1", "f")->latest.code_id;
  UpdateFunctionCodeRequest update;
  update.function_name = "f";
  update.zip_file = wire::Blob{zip_of({{"bootstrap", "#!/bin/bash\n", 0755, ""}})};
  update.publish = true;
  EXPECT_EQ(functions_->update_function_code(context_, update)->version, "2");
  open();
  const FunctionRef f = store_->find("us-east-1", "f");
  ASSERT_EQ(f->published.size(), 2u);
  EXPECT_EQ(f->published.at(1)->code_id, first_code);
  EXPECT_EQ(f->published.at(1)->configuration.description, "the first");
  EXPECT_EQ(f->published.at(2)->code_id, f->latest.code_id);
  EXPECT_TRUE(fs::exists(store_->code_folder(first_code)));
  ASSERT_TRUE(functions_->delete_function(context_, {"f", "1"}).ok());
  EXPECT_EQ(store_->find("us-east-1", "f")->published.size(), 1u);
  publish.code_sha256 = "another";
  EXPECT_EQ(functions_->publish_version(context_, publish).error().code(), "InvalidParameterValueException");
}

}  // namespace
}  // namespace cumulet::lambda
