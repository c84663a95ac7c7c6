import type { Entry } from './contestant.ts'
import { guard } from './guard.ts'
import { pin } from './pin.ts'
import { plain } from './plain.ts'
import { stale } from './stale.ts'
import { witness } from './witness.ts'

/** All who take part, in the order of tables and pictures. */
export const ENTRIES: readonly Entry[] = [plain, stale, guard, pin, witness]
