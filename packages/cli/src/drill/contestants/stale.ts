import type { Entry } from './contestant.ts'
import { Unbound, unboundHere } from './unbound.ts'

/** (b) A cache that gives out what it had where nobody answers (RFC 8767), with the waiting time that is recommended there. */
export const stale: Entry = {
  id: 'stale',
  title: 'serve-stale resolver',
  about: 'a resolver that keeps old answers for when nobody answers (RFC 8767)',
  promises: false,
  joins: 'at-once',
  detail: () => unboundHere() ?? '',
  absence: () => (unboundHere() === undefined ? 'unbound is not installed on this machine' : undefined),
  create: stage =>
    new Unbound(stage, [
      'serve-expired: yes',
      'serve-expired-ttl: 86400',
      'serve-expired-client-timeout: 1800',
    ]),
}
