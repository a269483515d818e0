#include "observe/observer.h"

int
observer_show(struct observer *observers, const struct sight *sight, struct fault *fault)
{
    for (struct observer *observer = observers; observer; observer = observer->next)
        if (observer->moved(observer, sight, fault) != 0) {
            observer->has_failed = true;
            return -1;
        }
    return 0;
}

bool
observer_has_failed(const struct observer *observers)
{
    const struct observer *observer = observers;
    while (observer && !observer->has_failed)
        observer = observer->next;
    return observer;
}
