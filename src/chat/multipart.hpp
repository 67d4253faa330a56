#pragma once
#include <string>
#include <string_view>

namespace cumulet::chat {

// The `boundary` of a multipart/form-data content type; empty when there is none that RFC 2046 allows (1 to 70
// characters).
std::string boundary_of(std::string_view content_type);

// multipart/form-data (RFC 7578) from bytes as they arrive: feed(), then next() until it wants more. Holds no more than
// what was fed last and one part's header (8 KB at most).
class MultipartParser {
 public:
  enum class Event {
    need_more,
    part,      // a part begins: name(), file_name(), content_type()
    data,      // of the part: data(), never empty, valid until the next call
    part_end,  // complete
    end,       // of the form; what follows is ignored
    failed,    // reason()
  };
  explicit MultipartParser(std::string_view boundary);

  void feed(std::string_view bytes);
  Event next();

  const std::string& name() const { return name_; }
  const std::string& file_name() const { return file_name_; }
  bool is_file() const { return is_file_; }  // has a file name, be it empty
  const std::string& content_type() const { return content_type_; }
  std::string_view data() const { return data_; }
  std::string_view reason() const { return reason_; }

 private:
  enum class State { preamble, after_delimiter, header, data, end, failed };
  Event fail(std::string_view reason);
  Event skip_preamble();
  Event after_delimiter();
  Event read_header();
  Event read_data();
  bool parse_header(std::string_view lines);
  void drop_consumed();

  std::string delimiter_;  // CRLF "--" boundary
  std::string buffer_;
  std::size_t at_ = 0;  // of buffer_: consumed up to here
  State state_ = State::preamble;
  std::string name_, file_name_, content_type_;
  bool is_file_ = false;
  std::string_view data_;
  std::string_view reason_;
};

}  // namespace cumulet::chat
