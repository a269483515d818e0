#include "endpoint/endpoint.h"

enum io
endpoint_never_lost(struct endpoint *endpoint, struct fault *fault)
{
    (void)endpoint;
    (void)fault;
    return IO_AGAIN;
}

enum io
endpoint_is_settled(struct endpoint *endpoint, struct fault *fault)
{
    (void)endpoint;
    (void)fault;
    return IO_ENDED;
}

uint64_t
endpoint_none_unsettled(struct endpoint *endpoint)
{
    (void)endpoint;
    return 0;
}

uint64_t
endpoint_under_way(struct endpoint *endpoint)
{
    return endpoint->ops->under_way ? endpoint->ops->under_way(endpoint) : endpoint->ops->unsettled(endpoint);
}
