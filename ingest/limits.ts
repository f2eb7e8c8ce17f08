/** Every bound of the front door in one place, with the reason for its size. */

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

/** Sizes in bytes, times in milliseconds. */
export const default_limits = {
  /** A line is one event or row; the longest legal event is under 64 KiB, so this is generous. */
  line_bytes_max: mebibyte,
  /** How much of a refused line is kept. */
  raw_bytes_max: 64 * kibibyte,
  /** A broken array is refused whole, so a whole array is held in memory. NDJSON has no such bound. */
  array_bytes_max: 32 * mebibyte,
  /** All arrays under way at the same time. */
  array_bytes_under_way_max: 64 * mebibyte,
  /** A transaction is written at once, so that a crash cannot part it: it is held back as a whole, with what it became. */
  transaction_bytes_max: 4 * mebibyte,
  /** An array that comes slower than this, after some grace, is refused: its bytes are others' memory. */
  array_grace_ms: 30_000,
  array_bytes_per_s_min: 64 * kibibyte,
  /** Of one request, decompressed: a bomb of zeros ends here, and the largest feed of a year does not. */
  body_bytes_max: 64 * gibibyte,
  /** Refused lines of one request; past it the body is something else than events, and each is kept on disk. */
  rejects_per_request_max: 100_000,
  /** Refusals listed in an answer (the contract's first 1 000). */
  rejects_listed_max: 1_000,
  /** What one write to the spool may hold: batches of one request. */
  batch_bytes_max: 256 * kibibyte,
  /** Batches of one request that wait for the disk at the same time, and so share an fsync. */
  batches_under_way_max: 6,
  /** How much one fsync covers at most. */
  commit_bytes_max: 4 * mebibyte,
  /** About 50 000 events, which the loader stages in memory. */
  segment_bytes_max: 24 * mebibyte,
  /** A segment that waited longer is checked before it is loaded: younger, it comes from the memory it was written in. */
  recheck_after_ms: 5_000,
  /** The same for events in blocks, which take a third of the room: about 150 000. */
  block_segment_bytes_max: 24 * mebibyte,
  /** What one block may hold; about 5 000 events. */
  block_bytes_max: 768 * kibibyte,
  /** An Arrow record batch, which is in memory as a whole: some 200 000 events. Its description is far smaller. */
  arrow_batch_bytes_max: 64 * mebibyte,
  arrow_metadata_bytes_max: mebibyte,
  /** Arrow streams that are read at the same time; the others wait for their turn. */
  arrow_streams_max: 3,
  /** The same for reference data, apart: a slow file would keep events waiting. */
  arrow_references_max: 2,
  /** A body that says it is smaller is written as lines: a block of few rows is mostly names of columns. */
  block_body_bytes_min: 64 * kibibyte,
  /** With the loader idle, how long a first event waits for company. */
  segment_age_ms_max: 100,
  /** With the loader busy, how long: one file of reference data after the other must not keep events waiting. */
  segment_wait_ms_max: 5_000,
  /** All segments on disk: at 400 bytes an event, 20 million events that ClickHouse has not taken yet. */
  spool_bytes_max: 8 * gibibyte,
  /**
   * What the spool leaves free on its disk, so that ClickHouse can store what waits: a segment takes up to its own size
   * there, and merges as much again. Filled to the last byte by the spool, a disk would never be emptied by loads.
   */
  disk_free_bytes_min: gibibyte,
  /** The same for a small disk, as a part of it: whichever is less holds. */
  disk_free_part_min: 1 / 8,
  /** How old the known room on the disk may be: at a gigabyte a second, an eighth of what is left free. */
  disk_free_age_ms_max: 100,
  /** How long a body waits for room in the spool before it is told to come back. */
  room_wait_ms_max: 10_000,
  retry_after_s: 5,
  /** After a failed write: when the segment is mended, if nothing else is written before. */
  mend_pause_ms: 500,
  wait_loaded_ms_max: 30_000,
  /** The first and the longest pause between two attempts at a load. */
  load_retry_ms_min: 250,
  load_retry_ms_max: 30_000,
  /** How long `close` goes on loading what is spooled; the rest is loaded at the next start. */
  close_load_ms_max: 10_000,
  /** Longer than any load; the same data directory takes its own lease over at once. */
  lease_ms: 600_000,
  /** How old the list of sources may be: an ended source is refused within this time. */
  sources_age_ms_max: 1_000,
  /** How long the oldest segment may wait before the service says that it is not ready. */
  stuck_ms: 60_000,
  /** How soon a request to run something again is seen. */
  rerun_poll_ms: 3_000,
  /** Searches of one source at the same time; each holds a page of events, and the engine for its time. */
  retrievals_under_way_max: 2,
  /** The form of a search: lists of identifiers, which come back in its links, and a link has an end. */
  search_bytes_max: 6_000,
  future_ms_max: 10 * 60_000,
  /** Wrong keys from one address in a minute. */
  failed_keys_per_minute_max: 60,
  /** A syslog message, in bytes. Every receiver has to take 64 KiB; this is as large as an audit message may be. */
  syslog_message_bytes_max: 8 * mebibyte,
  /** What all messages over 64 KiB under way hold together; with that size for each connection, 80 MiB in all. */
  syslog_large_bytes_max: 64 * mebibyte,
  /** A node has one connection, a relay some. */
  syslog_connections_max: 256,
  /** A sender that gets no further within a message for this long has gone. */
  syslog_stall_ms: 60_000,
  /** Between messages: long, since a sender may write just as we hang up, and syslog would not tell it. */
  syslog_idle_ms: 4 * 60 * 60_000,
  syslog_keepalive_ms: 60_000,
  syslog_handshake_ms: 10_000,
  /** The first and the longest pause before what the spool did not take is tried again. */
  syslog_retry_ms_min: 100,
  syslog_retry_ms_max: 5_000,
  /** How long `close` reads what senders had under way. */
  syslog_drain_ms: 2_000,
  /** How long `close` waits for a spool that takes nothing; what is in memory after that is lost, and counted. */
  syslog_close_ms_max: 15_000,
  /** Datagrams that wait for the disk; what comes past it is dropped, and counted. */
  syslog_datagram_bytes_max: 16 * mebibyte,
};

export type IngestLimits = typeof default_limits;
