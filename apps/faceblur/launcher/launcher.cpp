// A function package's `bootstrap`: runs `function` beside it by the package's own loader and libraries. AWS's base
// system has an older C library than the one the function was built with, and a package may lie in a root that holds
// nothing else, so this is a static program, and no shell script.
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace {

// Where the package lies, with a trailing slash.
bool find_folder(char (&folder)[PATH_MAX]) {
  const auto size = ::readlink("/proc/self/exe", folder, sizeof folder - 1);
  if (size > 0) {
    folder[size] = '\0';
    if (char* slash = std::strrchr(folder, '/')) {
      slash[1] = '\0';
      return true;
    }
  }
  const char* root = std::getenv("LAMBDA_TASK_ROOT");
  if (!root || std::strlen(root) + 2 > sizeof folder) return false;
  std::strcpy(folder, root);
  std::strcat(folder, "/");
  return true;
}

void say(const char* text) { [[maybe_unused]] const auto wrote = ::write(STDERR_FILENO, text, std::strlen(text)); }

}  // namespace

int main(int, char**, char** environment) {
  char folder[PATH_MAX], loader[PATH_MAX], libraries[PATH_MAX], function[PATH_MAX];
  constexpr const char* kLoader = "lib/ld.so";
  constexpr const char* kLibraries = "lib";
  constexpr const char* kFunction = "function";
  if (!find_folder(folder) || std::strlen(folder) + std::strlen(kLoader) >= PATH_MAX) {
    say("bootstrap: cannot tell where the function package lies\n");
    return 127;
  }
  const auto below = [&folder](char(&out)[PATH_MAX], const char* name) {
    std::strcpy(out, folder);
    std::strcat(out, name);
  };
  below(loader, kLoader);
  below(libraries, kLibraries);
  below(function, kFunction);
  const char* const arguments[] = {loader, "--inhibit-cache", "--library-path", libraries, function, nullptr};
  ::execve(loader, const_cast<char* const*>(arguments), environment);
  say("bootstrap: cannot run the package's loader ");
  say(loader);
  say(": ");
  say(std::strerror(errno));
  say("\n");
  return 127;
}
