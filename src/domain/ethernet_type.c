#include "domain/ethernet_type.h"

#include <linux/if_ether.h>
#include <stddef.h>
#include <strings.h>

/* Without the ETH_P_; the standards' own abbreviations where they are better known. */
const struct protocol ethernet_types[] = {
    { "all", ETH_P_ALL },
    { "ip", ETH_P_IP },
    { "ipv6", ETH_P_IPV6 },
    { "arp", ETH_P_ARP },
    { "rarp", ETH_P_RARP },
    { "vlan", ETH_P_8021Q },
    { "8021ad", ETH_P_8021AD },
    { "lldp", ETH_P_LLDP },
    { "eapol", ETH_P_PAE },
    { "pppoe", ETH_P_PPP_SES },
    { "mpls", ETH_P_MPLS_UC },
    { "ptp", ETH_P_1588 },
    { "macsec", ETH_P_MACSEC },
    { "loopback", ETH_P_LOOPBACK },
    { NULL, 0 },
};

/* Seldom seen, or other names of these. */
static const struct protocol other_types[] = {
    { "pppoe-discovery", ETH_P_PPP_DISC },
    { "ppp-disc", ETH_P_PPP_DISC },
    { "ppp-ses", ETH_P_PPP_SES },
    { "8021q", ETH_P_8021Q },
    { "pae", ETH_P_PAE },
    { "mpls-uc", ETH_P_MPLS_UC },
    { "mpls-mc", ETH_P_MPLS_MC },
    { "1588", ETH_P_1588 },
    { "batman", ETH_P_BATMAN },
    { "aoe", ETH_P_AOE },
    { "tipc", ETH_P_TIPC },
    { "802-3", ETH_P_802_3 },
    { "802-2", ETH_P_802_2 },
    { NULL, 0 },
};

int
ethernet_type_find(const char *name)
{
    if (strncasecmp(name, "ETH_P_", 6) == 0)
        name += 6;
    int number = protocol_number(ethernet_types, name);
    return number >= 0 ? number : protocol_number(other_types, name);
}

const char *
ethernet_type_name(int number)
{
    const char *name = protocol_name(ethernet_types, number);
    return name ? name : protocol_name(other_types, number);
}
