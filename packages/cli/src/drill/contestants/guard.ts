import type { Entry } from './contestant.ts'
import { GatewayContestant } from './gateway.ts'

/** (c) Doubts a name that was good and turns to nothing, and goes on with what was good. */
export const guard: Entry = {
  id: 'guard',
  title: 'Signpost + guard',
  about: 'the user guards the name: signpost guard add',
  promises: true,
  joins: 'at-once',
  detail: () => 'the name is guarded',
  absence: () => undefined,
  create: stage => new GatewayContestant(stage, { guard: [stage.name], pins: false }),
}
