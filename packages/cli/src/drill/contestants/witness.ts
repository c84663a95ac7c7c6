import type { Entry } from './contestant.ts'
import { GatewayContestant } from './gateway.ts'

/** (e) Knows nothing of its own and asks those that its user trusts, who looked when all was well. */
export const witness: Entry = {
  id: 'witness',
  title: 'Signpost + witnesses',
  about: 'a new machine, switched on in the outage, that trusts two witnesses: signpost witness add',
  promises: true,
  joins: 'in-outage',
  detail: () => 'a new machine with no history',
  absence: () => 'this signpost has no witnesses',
  create: stage =>
    new GatewayContestant(stage, {
      guard: [stage.name],
      pins: false,
      before: stage.witnesses.map(zoneId => ['witness', 'add', zoneId]),
    }),
}
