// Keys of TLS contexts that imports made (requests, tornado and others keep some). A server with
// such a context encrypts session tickets with a key that OpenSSL drew when the context was made;
// in all launches of an image it would be the same, and whoever has one could read the sessions of
// another.
//
// Through OpenSSL's own function (SSL_CTX_set_tlsext_ticket_keys(3) is a macro for it). The context
// is the first member of _ssl's object, behind the two words of every object (Modules/_ssl.h); that
// it is one is asked of OpenSSL before the freeze.
#include <dlfcn.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

using ControlFunction = long (*)(void* context, int command, long size, void* data);

constexpr int kGetTicketKeys = 58;  // SSL_CTRL_GET_TLSEXT_TICKET_KEYS, openssl/ssl.h
constexpr int kSetTicketKeys = 59;
constexpr long kKeysSize = 80;  // a name of 16 bytes, two keys of 32
constexpr int kMostContexts = 256;

ControlFunction control = nullptr;
void* contexts[kMostContexts];
int context_count = 0;

}  // namespace

void note_tls_contexts(PyObject* objects, const char* library) {
  void* handle = library[0] == 0 ? RTLD_DEFAULT : dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr && library[0] != 0) return;
  control = reinterpret_cast<ControlFunction>(dlsym(handle, "SSL_CTX_ctrl"));
  context_count = 0;
  if (control == nullptr) return;
  for (long i = 0; i < python.PyList_Size(objects) && context_count < kMostContexts; ++i) {
    constexpr long kHead = 2;
    void* context = reinterpret_cast<void**>(python.PyList_GetItem(objects, i))[kHead];
    if (context == nullptr || control(context, kGetTicketKeys, 0, nullptr) != kKeysSize) continue;
    contexts[context_count++] = context;
  }
}

void refresh_tls_contexts() {
  for (int i = 0; i < context_count; ++i) {
    unsigned char keys[kKeysSize];
    fill_random(keys, sizeof keys);
    control(contexts[i], kSetTicketKeys, kKeysSize, keys);
  }
}

}  // namespace pysnap::agent
