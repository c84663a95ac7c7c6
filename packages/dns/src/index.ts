export {
  AddressInUseError,
  InvalidConfigError,
  type Limit,
  NotThereYetError,
  checkCount,
  checkLimit,
} from './config.ts'
export { canonicalRdataOctets, compareNames, compareRdata, sameRdata } from './canonical-order.ts'
export {
  type Edns,
  type EdnsOption,
  EdnsOptionCode,
  type ExtendedErrorInfo,
  decodeExtendedError,
  encodeExtendedError,
  printExtendedError,
} from './edns.ts'
export { InvalidNameError, InvalidRdataError, MalformedMessageError, SignpostError } from './errors.ts'
export {
  CLASSIC_UDP_LENGTH,
  type DecodeOptions,
  HEADER_LENGTH,
  type Header,
  MAX_MESSAGE_LENGTH,
  type Message,
  type Question,
  decodeHeader,
  decodeMessage,
  encodeMessage,
  encodeMessageWithin,
} from './message.ts'
export { MAX_LABEL_LENGTH, MAX_NAME_LENGTH, Name, parseName } from './name.ts'
export { createQuery } from './query.ts'
export { ExtendedError, Opcode, Rcode, printRcode } from './rcode.ts'
export { parseIpv4, parseIpv6 } from './rdata/ip-text.ts'
export { parseRdata, printRdata } from './rdata/presentation.ts'
export type * from './rdata/rdata.ts'
export { mapRdataNames } from './rdata/map-names.ts'
export { MAX_TTL, type ResourceRecord, type RrSet, rdataOctets, recordsOf } from './record.ts'
export {
  RrClass,
  RrType,
  isMetaType,
  parseRrClass,
  parseRrType,
  printRrClass,
  printRrType,
} from './rr-type.ts'
export { type ZoneFileOptions, parseZoneFile } from './zone-file/parser.ts'
export { printRecord, printZoneFile } from './zone-file/printer.ts'
export { type ZoneFilePosition, ZoneFileError } from './zone-file/token.ts'
