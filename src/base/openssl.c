#include "base/openssl.h"

#ifdef OPENSSL_IS_LINKED

int
openssl_load(struct fault *fault)
{
    (void)fault;
    return 0;
}

#else

#include <dlfcn.h>
#include <string.h>

#define TEXT(word) #word
#define SONAME(version) "libssl.so." TEXT(version)

struct openssl openssl;

#define OPENSSL_SYMBOL(name) { #name, &(name) },

static const struct {
    const char *name;
    void *at; /* the pointer to be filled in */
} symbols[] = { OPENSSL_FUNCTIONS(OPENSSL_SYMBOL) };

static int
refuse(struct fault *fault)
{
    return fault_say(fault, STATUS_LOCAL, dlerror(), "OpenSSL");
}

/* Pointers to functions and to data are of one size in POSIX (dlsym(3p)). libcrypto comes with libssl. */
int
openssl_load(struct fault *fault)
{
    void *library = dlopen(SONAME(OPENSSL_SHLIB_VERSION), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return refuse(fault);
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        void *found = dlsym(library, symbols[i].name);
        if (!found)
            return refuse(fault); /* an older one; that it stays loaded does no harm */
        memcpy(symbols[i].at, &found, sizeof found);
    }
    return 0;
}

#endif
