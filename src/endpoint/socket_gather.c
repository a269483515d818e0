#include "endpoint/socket_message.h"

bool
socket_gather(struct endpoint *endpoint, int bytes)
{
    const struct socket *socket = (const struct socket *)endpoint;
    bool is_ours = !socket->choice.is_shared && !socket->choice.is_left;
    return is_ours && socket->domain->gather && socket->domain->gather(socket->fd, socket->type, bytes);
}
