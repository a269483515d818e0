#include "session/exchange.h"

struct names *
exchange_ask(struct exchange *exchange, const struct run *run, struct fault *fault)
{
    if (exchange->is_awaited)
        return exchange->names;
    exchange_close(exchange);
    exchange->names = names_start(&run->request->relay.socket, fault);
    exchange->is_awaited = exchange->names && !names_step(exchange->names);
    return exchange->names;
}

size_t
exchange_interest(const struct exchange *exchange, struct pollfd *polls)
{
    if (!exchange->is_awaited)
        return 0;
    polls[0] = (struct pollfd){ .fd = names_fd(exchange->names), .events = POLLIN };
    return 1;
}

bool
exchange_step(struct exchange *exchange)
{
    if (!exchange->is_awaited || !names_step(exchange->names))
        return false;
    exchange_close(exchange);
    return true;
}

void
exchange_close(struct exchange *exchange)
{
    names_leave(exchange->names);
    *exchange = (struct exchange){ .names = NULL };
}
