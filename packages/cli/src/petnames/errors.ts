import type { ZoneId } from '@signpost/core'
import { SignpostError } from '@signpost/dns'

/** A petname stands for another zone already. */
export class PetnameTakenError extends SignpostError {
  readonly code = 'PETNAME_TAKEN'
  readonly petname: string
  readonly zoneId: ZoneId

  constructor(petname: string, zoneId: ZoneId, options?: ErrorOptions) {
    super(`"${petname}" is ${zoneId} already; to let it be another zone, add --replace`, options)
    this.petname = petname
    this.zoneId = zoneId
  }
}
