import type { Machine } from './machine.ts'

/**
 * Every file of a machine's configuration and state, down to the mode, the owner and a digest of the octets, a line
 * each; without what services write by themselves, whether signpost is there or not.
 */
export async function snapshot(machine: Machine): Promise<string[]> {
  const listing = await machine.sh(`
    find /etc /opt /root /usr/local /var/lib /lib/systemd/system -xdev \\
      \\( -path /var/lib/systemd -o -path /var/lib/dbus -o -path /var/lib/NetworkManager -o -path /var/lib/private \\) -prune -o \\
      -printf '%M %U:%G %p %l\\n' | sort -k 3
    find /etc /usr/local -xdev -type f -print0 | sort -z | xargs -0 sha256sum
  `)
  return listing.trim().split('\n')
}
