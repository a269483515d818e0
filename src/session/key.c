#include "session/key.h"

#include "session/secret.h"
#include <linux/tcp.h>
#include <string.h>

_Static_assert((int)KEY_MAX == (int)TCP_MD5SIG_MAXKEYLEN, "linux/tcp.h");

static int
read_key(struct loop *loop, const char *file, int64_t deadline, struct key *key, struct fault *fault)
{
    const struct secret_wish wish = {
        .loop = loop,
        .deadline = deadline,
        .max = KEY_MAX,
        .misfit = "not a key: one line of 1 to 80 bytes, none of them zero",
        .late = "timed out: no key has come",
        .instead = "--tcp-md5-key FILE says where the key is",
    };
    return file ? secret_read(&wish, file, key->text, fault)
                : secret_ask(&wish, "Key for TCP MD5 signatures: ", key->text, fault);
}

int
key_take(struct loop *loop, struct request *request, int64_t deadline, struct key *key, struct fault *fault)
{
    struct sockopt_settings *settings = &request->socket.options;
    *key = (struct key){ .text = "" };
    for (size_t i = 0; i < settings->count; i++) {
        struct sockopt_setting *setting = &settings->items[i];
        if (!setting->row || !setting->row->is_secret || setting->text)
            continue;
        if (read_key(loop, request->key_file, deadline, key, fault) != 0)
            return -1;
        setting->text = key->text;
    }
    return 0;
}

void
key_forget(struct key *key)
{
    explicit_bzero(key, sizeof *key);
}
