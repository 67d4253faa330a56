#include "cmd/cumulet/deploy/api.hpp"

#include <pugixml.hpp>

namespace cumulet::deploy {

Error aws_error(std::string code, const std::string& text) {
  std::string message = text.empty() ? code : code + ": " + text;
  return {kAwsError, std::move(message), {{"Code", std::move(code)}}};
}

std::string error_code(const Error& error) {
  if (error.is(kAwsError) && !error.fields().empty()) return error.fields().front().second;
  return std::string(error.code());
}

std::string described(const Error& error) {
  if (error.is(kAwsError) || error.is(kValidationError)) return error.message();
  return std::string(error.code()) + ": " + error.message();
}

std::vector<std::string> xml_texts(const std::string& xml, std::string_view element) {
  std::vector<std::string> out;
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return out;
  struct Walker : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
      if (element == node.name()) out->push_back(node.text().get());
      return true;
    }
    std::string_view element;
    std::vector<std::string>* out = nullptr;
  } walker;
  walker.element = element;
  walker.out = &out;
  document.traverse(walker);
  return out;
}

std::string xml_text(const std::string& xml, std::string_view element) {
  const auto all = xml_texts(xml, element);
  return all.empty() ? "" : all.front();
}

std::string xml_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace cumulet::deploy
