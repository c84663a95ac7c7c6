import type { Entry } from './contestant.ts'
import { GatewayContestant } from './gateway.ts'

/** (d) Knows the zone that the domain's owner signs, and asks that where ordinary DNS cannot be believed. */
export const pin: Entry = {
  id: 'pin',
  title: "Signpost + owner's zone",
  about: "the domain's owner pins a zone that only they can sign: _signpost TXT",
  promises: true,
  joins: 'at-once',
  detail: () => 'signed by the owner of the domain',
  absence: () => 'this signpost learns no zones of owners',
  create: stage => new GatewayContestant(stage, { guard: [stage.name], pins: true }),
}
