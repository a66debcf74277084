//! Values as bytes.

use super::codec::{Decoder, Encoder, damaged, text};
use crate::store::{Collection, CollectionId, Error, Header, Kind, Revision, Row};
use crate::time_range::TimeRange;

/// Version of every layout below.
const LAYOUT: u8 = 1;

/// A collection, and what its change log needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CollectionRecord {
    pub(super) info: Collection,
    /// The oldest revision that the change log still reaches back to.
    pub(super) floor: Revision,
    /// Deletions in the change log.
    pub(super) gone_count: u32,
}

impl CollectionRecord {
    pub(super) fn encode(&self) -> Vec<u8> {
        let value = Encoder::default().u8(LAYOUT).u64(self.info.revision.0).u64(self.floor.0);
        let value = value.u32(self.gone_count).u8(u8::from(self.info.exclusive));
        value.sized(self.info.owner.as_bytes()).rest(self.info.name.as_bytes()).0
    }

    pub(super) fn decode(id: CollectionId, value: &[u8]) -> Result<CollectionRecord, Error> {
        let mut decoder = Decoder(value);
        decoder.version(LAYOUT)?;
        let revision = Revision(decoder.u64()?);
        let floor = Revision(decoder.u64()?);
        let gone_count = decoder.u32()?;
        let exclusive = decoder.u8()? != 0;
        let owner = decoder.sized_text()?;
        let name = text(decoder.0)?;
        let info = Collection { id, owner, name, exclusive, revision };
        Ok(CollectionRecord { info, floor, gone_count })
    }
}

pub(super) fn encode_header(header: &Header) -> Vec<u8> {
    let value = Encoder::default().u8(LAYOUT).u8(u8::from(header.private)).u64(header.size);
    let value = value.u64(header.revision.0).u64(header.schedule_revision.0);
    let value = value.instant(header.created).instant(header.modified);
    let value = value.sized(header.component.as_bytes()).sized(header.author.as_bytes());
    value.rest(header.uid.as_bytes()).0
}

pub(super) fn decode_header(name: String, value: &[u8]) -> Result<Header, Error> {
    let mut decoder = Decoder(value);
    decoder.version(LAYOUT)?;
    let private = decoder.u8()? != 0;
    let size = decoder.u64()?;
    let revision = Revision(decoder.u64()?);
    let schedule_revision = Revision(decoder.u64()?);
    let created = decoder.instant()?;
    let modified = decoder.instant()?;
    let component = decoder.sized_text()?;
    let author = decoder.sized_text()?;
    let uid = text(decoder.0)?;
    Ok(Header {
        name,
        uid,
        component,
        author,
        private,
        size,
        revision,
        schedule_revision,
        created,
        modified,
    })
}

/// Value of a live entry of a change log.
pub(super) fn encode_change(author: &str, private: bool) -> Vec<u8> {
    Encoder::default().u8(LAYOUT).u8(u8::from(private)).rest(author.as_bytes()).0
}

/// Author and whether private.
pub(super) fn decode_change(value: &[u8]) -> Result<(String, bool), Error> {
    let mut decoder = Decoder(value);
    decoder.version(LAYOUT)?;
    let private = decoder.u8()? != 0;
    Ok((text(decoder.0)?, private))
}

const FLOATING: u8 = 1;
const RECURS: u8 = 2;
const BUFFERED: u8 = 4;

fn kind_byte(kind: Kind) -> u8 {
    match kind {
        Kind::Busy => 0,
        Kind::Tentative => 1,
        Kind::Unavailable => 2,
        Kind::Free => 3,
        Kind::Continues => 4,
    }
}

fn kind_of(byte: u8) -> Result<Kind, Error> {
    let kinds = [Kind::Busy, Kind::Tentative, Kind::Unavailable, Kind::Free, Kind::Continues];
    kinds.into_iter().find(|kind| kind_byte(*kind) == byte).ok_or_else(damaged)
}

fn put_row(out: Encoder, row: &Row) -> Encoder {
    let buffered = row.blocked != row.range;
    let mut flags = 0;
    for (set, flag) in
        [(row.floating, FLOATING), (row.recurrence_id.is_some(), RECURS), (buffered, BUFFERED)]
    {
        if set {
            flags |= flag;
        }
    }
    let mut out = out.u8(kind_byte(row.kind)).u8(flags);
    out = out.instant(row.range.start).instant(row.range.end);
    if buffered {
        out = out.instant(row.blocked.start).instant(row.blocked.end);
    }
    match row.recurrence_id {
        Some(instant) => out.instant(instant),
        None => out,
    }
}

fn take_row(decoder: &mut Decoder<'_>) -> Result<Row, Error> {
    let kind = kind_of(decoder.u8()?)?;
    let flags = decoder.u8()?;
    let range = TimeRange { start: decoder.instant()?, end: decoder.instant()? };
    let blocked = if flags & BUFFERED == 0 {
        range
    } else {
        TimeRange { start: decoder.instant()?, end: decoder.instant()? }
    };
    let recurrence_id = if flags & RECURS == 0 { None } else { Some(decoder.instant()?) };
    Ok(Row { range, blocked, kind, floating: flags & FLOATING != 0, recurrence_id })
}

pub(super) fn encode_row(row: &Row) -> Vec<u8> {
    put_row(Encoder::default().u8(LAYOUT), row).0
}

pub(super) fn decode_row(value: &[u8]) -> Result<Row, Error> {
    let mut decoder = Decoder(value);
    decoder.version(LAYOUT)?;
    take_row(&mut decoder)
}

/// All rows of an object, one after the other.
pub(super) fn encode_rows(rows: &[Row]) -> Vec<u8> {
    rows.iter().fold(Encoder::default().u8(LAYOUT), put_row).0
}

pub(super) fn decode_rows(value: &[u8]) -> Result<Vec<Row>, Error> {
    let mut decoder = Decoder(value);
    decoder.version(LAYOUT)?;
    let mut rows = Vec::new();
    while !decoder.0.is_empty() {
        rows.push(take_row(&mut decoder)?);
    }
    Ok(rows)
}

pub(super) fn encode_number(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

pub(super) fn decode_number(value: &[u8]) -> Result<u64, Error> {
    Decoder(value).u64()
}
