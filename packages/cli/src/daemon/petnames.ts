import type { ZoneId } from '@signpost/core'
import type { PetnameBook } from '../petnames/petname-store.ts'
import { type Petnames, isPetname } from '../petnames/petname.ts'
import { fieldsOf, readZoneId } from './codec.ts'
import type { DaemonClient } from './daemon-client.ts'
import { DaemonProtocolError } from './errors.ts'
import type { Route, Routes } from './server.ts'
import type { Json } from './transport.ts'

/**
 * The calls about petnames.
 * @param changed is awaited, so that whoever has added a petname can ask for it at once.
 */
export function petnameRoutes(book: PetnameBook, changed: () => Promise<void>): Routes {
  return new Map<string, Route>([
    ['petnames', async () => Object.fromEntries(await book.list())],
    [
      'addPetname',
      async body => {
        const { zoneId, replace } = fieldsOf(body)
        const petname = readPetname(body)
        const isNew = await book.add(petname, readZoneId(zoneId), { replace: replace === true })
        if (isNew) await changed()
        return isNew
      },
    ],
    [
      'removePetname',
      async body => {
        const petname = readPetname(body)
        const wasThere = await book.remove(petname)
        if (wasThere) await changed()
        return wasThere
      },
    ],
  ])
}

/** The petnames of a running daemon. */
export function petnamesOf(daemon: Pick<DaemonClient, 'call'>): PetnameBook {
  return {
    list: async () => readPetnames(await daemon.call('petnames', {})),
    add: async (petname, zoneId, { replace }) =>
      (await daemon.call('addPetname', { petname, zoneId, replace })) === true,
    remove: async petname => (await daemon.call('removePetname', { petname })) === true,
  }
}

/** @throws DaemonProtocolError */
function readPetname(body: Json): string {
  const { petname } = fieldsOf(body)
  if (typeof petname === 'string' && isPetname(petname)) return petname
  throw new DaemonProtocolError('a petname was expected')
}

function readPetnames(body: Json): Petnames {
  return new Map<string, ZoneId>(
    Object.entries(fieldsOf(body)).map(([petname, zoneId]) => [petname, readZoneId(zoneId)]),
  )
}
