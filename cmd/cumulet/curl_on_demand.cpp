// libcurl's functions, as the program calls them, loaded when the first is called. The library brings some thirty others along
// (GnuTLS, Kerberos, LDAP), which a running engine has no use for: they cost it 3 MB and a third of its start. The program
// has these names itself, so the linker leaves libcurl out of what it loads; functions' programs link it as usual.
// A call to another of libcurl's functions needs its line here: tests/protocol/test_up.py sees when one is missing.
#include <curl/curl.h>
#include <dlfcn.h>

#include <cstdarg>

#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace {

void* library() {
  static void* const loaded = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  return loaded;
}

// The library's own function of that name, which the caller remembers; null: it cannot be loaded.
template <class Function>
Function* own(const char* name) {
  return library() == nullptr ? nullptr : reinterpret_cast<Function*>(::dlsym(library(), name));
}

}  // namespace

extern "C" {

CURLcode curl_global_init(long flags) {
  static const auto call = own<decltype(curl_global_init)>("curl_global_init");
  return call != nullptr ? call(flags) : CURLE_FAILED_INIT;
}

CURL* curl_easy_init() {
  static const auto call = own<decltype(curl_easy_init)>("curl_easy_init");
  return call != nullptr ? call() : nullptr;
}

// Each option takes one value: a long, a curl_off_t or a pointer, which all travel alike on 64-bit machines.
CURLcode curl_easy_setopt(CURL* handle, CURLoption option, ...) {
  static_assert(sizeof(long) == sizeof(void*) && sizeof(curl_off_t) == sizeof(void*));
  static const auto call = own<decltype(curl_easy_setopt)>("curl_easy_setopt");
  va_list values;
  va_start(values, option);
  void* value = va_arg(values, void*);
  va_end(values);
  return call != nullptr ? call(handle, option, value) : CURLE_FAILED_INIT;
}

CURLcode curl_easy_getinfo(CURL* handle, CURLINFO info, ...) {
  static const auto call = own<decltype(curl_easy_getinfo)>("curl_easy_getinfo");
  va_list values;
  va_start(values, info);
  void* value = va_arg(values, void*);
  va_end(values);
  return call != nullptr ? call(handle, info, value) : CURLE_FAILED_INIT;
}

CURLcode curl_easy_perform(CURL* handle) {
  static const auto call = own<decltype(curl_easy_perform)>("curl_easy_perform");
  return call != nullptr ? call(handle) : CURLE_FAILED_INIT;
}

void curl_easy_reset(CURL* handle) {
  static const auto call = own<decltype(curl_easy_reset)>("curl_easy_reset");
  if (call != nullptr) call(handle);
}

void curl_easy_cleanup(CURL* handle) {
  static const auto call = own<decltype(curl_easy_cleanup)>("curl_easy_cleanup");
  if (call != nullptr) call(handle);
}

const char* curl_easy_strerror(CURLcode code) {
  static const auto call = own<decltype(curl_easy_strerror)>("curl_easy_strerror");
  return call != nullptr ? call(code) : "libcurl.so.4 cannot be loaded (Debian: install libcurl4)";
}

curl_slist* curl_slist_append(curl_slist* list, const char* text) {
  static const auto call = own<decltype(curl_slist_append)>("curl_slist_append");
  return call != nullptr ? call(list, text) : nullptr;
}

void curl_slist_free_all(curl_slist* list) {
  static const auto call = own<decltype(curl_slist_free_all)>("curl_slist_free_all");
  if (call != nullptr) call(list);
}

}  // extern "C"
