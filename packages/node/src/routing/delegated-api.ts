// What client and server of the Delegated Routing V1 HTTP API share (specs.ipfs.tech/routing/http-routing-v1, section
// "IPNS API").
import type { ZoneId } from '@signpost/core'

/** Where the API is under a base URL. */
export const API_PATH = '/routing/v1/'

/** The media type of a signed record. Any other one says that there is none. */
export const RECORD_TYPE = 'application/vnd.ipfs.ipns-record'

/** Where a zone's record is under a base URL. */
export function recordPath(zoneId: ZoneId): string {
  return `${API_PATH}ipns/${zoneId}`
}

/** Whether a `Content-Type` says that there is a record (RFC 9110, section 8.3). */
export function isRecordType(contentType: string | null | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === RECORD_TYPE
}
