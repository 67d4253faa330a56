#pragma once
#include <sys/types.h>

// The small static program that stands between the engine and a sandbox. It is carried inside the engine's own program
// (process/launcher_image.hpp), so it needs no place on the disk, and does what must happen in a process of one thread:
//
//   network …   makes a user and a network namespace and hands them to the engine (network.cpp)
//   enter …     goes into them, puts the sandbox's folders where their host paths cannot be seen, runs bwrap
//   (enter.cpp) run …       the first program inside the sandbox: becomes the sandbox's user, runs the command
//   (run.cpp)
//
// It allocates nothing and throws nothing: everything it needs stands in its arguments.
namespace cumulet::launcher {

// Descriptors that the engine hands over, by number.
inline constexpr int kSocket = 3;   // network: SOCK_SEQPACKET to the engine
inline constexpr int kHangup = 4;   // network: ends (is readable) when the engine is gone
inline constexpr int kOptions = 3;  // enter: bwrap's options, read by bwrap --args
inline constexpr int kSelf = 4;     // enter: this program, for `run` inside the sandbox
inline constexpr int kUserNamespace = 5;
inline constexpr int kNetworkNamespace = 6;

// Where enter puts a sandbox's folders for bwrap to take them: below the first of these that exists.
inline constexpr const char* kStages[] = {"/mnt", "/media", "/srv", "/opt"};

inline constexpr const char* kCannotRun = "cannot run ";  // run, on stderr: "cannot run COMMAND: reason"

int network(int argc, char** argv);
int enter(int argc, char** argv);
int run(int argc, char** argv);

// "WHAT: reason" on stderr; 127.
int fail(const char* what, int error);
// Arguments are written by the engine alone: what is no number ends the program.
unsigned long number(const char* text);

}  // namespace cumulet::launcher
