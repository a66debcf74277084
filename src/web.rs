//! Pages for people, without scripts: the citizen's page and what links in letters lead to.
//!
//! Knows no XML and no DAV; it books through [`crate::delivery`] like everybody else.
