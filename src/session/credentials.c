#include "session/credentials.h"

#include "session/secret.h"
#include <stdio.h>
#include <string.h>

/* USER:PASSWORD. A carriage return at its end is an editor's. */
static int
cut(struct proxy_choice *proxy, char *text, struct fault *fault)
{
    size_t size = strlen(text);
    if (size > 0 && text[size - 1] == '\r')
        text[size - 1] = '\0';
    char *colon = strchr(text, ':');
    proxy->user = text;
    proxy->password = colon ? colon + 1 : NULL;
    if (colon)
        *colon = '\0';
    const char *why = proxy_auth_problem(proxy->kind, proxy->user, proxy->password);
    return why ? fault_say(fault, STATUS_LOCAL, why, "%s", proxy->auth_file) : 0;
}

static int
ask(const struct secret_wish *wish, struct proxy_choice *proxy, char *text, struct fault *fault)
{
    char prompt[600];
    (void)snprintf(prompt, sizeof prompt, "Proxy password for %s@%s: ", proxy->user, proxy->at.host);
    if (secret_ask(wish, prompt, text, fault) != 0)
        return -1;
    proxy->password = text;
    const char *why = proxy_auth_problem(proxy->kind, proxy->user, proxy->password);
    return why ? fault_say(fault, STATUS_LOCAL, why, "%s %s", "user", proxy->user) : 0;
}

int
credentials_take(struct loop *loop, struct proxy_choice *proxy, const char *option, int64_t deadline,
                 struct credentials *credentials, struct fault *fault)
{
    credentials->text[0] = '\0';
    if (!proxy->kind || (!proxy->asks_password && !proxy->auth_file))
        return 0;
    char instead[64];
    (void)snprintf(instead, sizeof instead, "%s-auth-file FILE says what it is", option);
    const struct secret_wish wish = {
        .loop = loop,
        .deadline = deadline,
        .max = sizeof credentials->text - 1,
        .misfit = "not a user's name and password: one line, none of its bytes zero",
        .late = "timed out: no password has come",
        .instead = instead,
    };
    if (proxy->asks_password)
        return ask(&wish, proxy, credentials->text, fault);
    if (secret_read(&wish, proxy->auth_file, credentials->text, fault) != 0)
        return -1;
    return cut(proxy, credentials->text, fault);
}

void
credentials_forget(struct credentials *credentials)
{
    explicit_bzero(credentials, sizeof *credentials);
}
