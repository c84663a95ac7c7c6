import type { LinuxFacts } from '../facts.ts'
import { isLoopback, parseResolvConf } from '../machine/resolv-conf.ts'

/** Who answers programs on a Linux machine, and so whom an installation has to tell. */
export type LinuxResolver =
  /** @property stub whether programs reach it through resolv.conf too. */
  | { readonly kind: 'resolved'; readonly version: number; readonly stub: boolean }
  /** NetworkManager, which writes resolv.conf; `dnsmasq`: with a dnsmasq of its own between. */
  | { readonly kind: 'network-manager'; readonly dnsmasq: boolean }
  | { readonly kind: 'dnsmasq' }
  /** @property live the file, kept up to date by somebody, to which resolv.conf is a link. */
  | { readonly kind: 'resolv-conf'; readonly live: string | undefined }

/** The files of systemd-resolved that name its stub, and the one that names its upstreams (systemd-resolved.service(8)). */
const STUB_FILES: ReadonlySet<string> = new Set([
  '/run/systemd/resolve/stub-resolv.conf',
  '/usr/lib/systemd/resolv.conf',
])
export const STUB_FILE = '/run/systemd/resolve/stub-resolv.conf'
export const UPLINK_FILE = '/run/systemd/resolve/resolv.conf'
export const STUB_ADDRESS = '127.0.0.53'
const STUB_ADDRESSES: ReadonlySet<string> = new Set([STUB_ADDRESS, '127.0.0.54'])

export function whoResolves({ resolvConf, resolved, networkManager, dnsmasq }: LinuxFacts): LinuxResolver {
  const { servers } = parseResolvConf(resolvConf.text)
  const { target } = resolvConf
  const stub = STUB_FILES.has(target ?? '') || servers.some(server => STUB_ADDRESSES.has(server))
  const managing = networkManager?.active === true ? networkManager : undefined
  if (resolved?.active === true && (stub || target === UPLINK_FILE || managing?.dns === 'systemd-resolved'))
    return { kind: 'resolved', version: resolved.version, stub }
  if (managing?.dns === 'dnsmasq') return { kind: 'network-manager', dnsmasq: true }
  if (dnsmasq?.active === true && servers[0] !== undefined && isLoopback(servers[0]))
    return { kind: 'dnsmasq' }
  if (managing !== undefined && managing.dns !== 'none') return { kind: 'network-manager', dnsmasq: false }
  return { kind: 'resolv-conf', live: target }
}
