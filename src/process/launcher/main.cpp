#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/launcher/launcher.hpp"

namespace cumulet::launcher {

int fail(const char* what, int error) {
  const auto say = [](const char* text) { (void)!::write(2, text, ::strlen(text)); };
  say(what);
  say(": ");
  say(::strerror(error));
  say("\n");
  return 127;
}

unsigned long number(const char* text) {
  char* end = nullptr;
  const unsigned long value = ::strtoul(text, &end, 10);
  if (end == text || *end) ::_exit(126);
  return value;
}

}  // namespace cumulet::launcher

int main(int argc, char** argv) {
  using namespace cumulet::launcher;
  if (argc < 2) return 126;
  if (::strcmp(argv[1], "network") == 0) return network(argc - 2, argv + 2);
  if (::strcmp(argv[1], "enter") == 0) return enter(argc - 2, argv + 2);
  if (::strcmp(argv[1], "run") == 0) return run(argc - 2, argv + 2);
  return 126;
}
