//! Partial retrieval (RFC 4791 §7.6, §9.6.1–9.6.4): which components and properties.

use crate::calendar::edit::Editor;
use crate::calendar::text::{Component, Property};

/// What to send of a component (CALDAV:comp).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Name of the component, upper or lower case.
    pub name: String,
    /// Which of its properties.
    pub properties: Properties,
    /// Which of the components in it.
    pub components: Components,
}

/// Which properties of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Properties {
    /// All (CALDAV:allprop).
    All,
    /// These.
    Named(Vec<SelectedProperty>),
}

/// A property that is wanted (CALDAV:prop).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedProperty {
    /// Its name, upper or lower case.
    pub name: String,
    /// Whether only name and parameters are wanted (`novalue`).
    pub no_value: bool,
}

/// Which components in a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Components {
    /// All (CALDAV:allcomp).
    All,
    /// These.
    Named(Vec<Selection>),
}

/// What becomes of one property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Whole,
    WithoutValue,
    Nothing,
}

impl Selection {
    /// A selection as the children of a CALDAV:comp tell it. One that names nothing at all
    /// means the whole component (the VTIMEZONE of RFC 4791 §7.8.1). A VCALENDAR that
    /// names components only keeps its properties: without VERSION and PRODID no client
    /// could read it.
    pub fn new(
        name: impl Into<String>,
        (all_properties, properties): (bool, Vec<SelectedProperty>),
        (all_components, components): (bool, Vec<Selection>),
    ) -> Selection {
        let name = name.into();
        let names_properties = all_properties || !properties.is_empty();
        let names_components = all_components || !components.is_empty();
        let is_calendar = name.eq_ignore_ascii_case("VCALENDAR");
        let takes_all_properties =
            all_properties || (!names_properties && (is_calendar || !names_components));
        let takes_all_components = all_components || (!names_components && !names_properties);
        Selection {
            name,
            properties: match takes_all_properties {
                true => Properties::All,
                false => Properties::Named(properties),
            },
            components: match takes_all_components {
                true => Components::All,
                false => Components::Named(components),
            },
        }
    }

    /// What becomes of a property of the component.
    pub(super) fn keep(&self, property: &str) -> Keep {
        let Properties::Named(wanted) = &self.properties else { return Keep::Whole };
        match wanted.iter().find(|wanted| wanted.name.eq_ignore_ascii_case(property)) {
            None => Keep::Nothing,
            Some(wanted) if wanted.no_value => Keep::WithoutValue,
            Some(_) => Keep::Whole,
        }
    }

    /// Whether a component inside is wanted, and then what of it; `Some(None)` for all.
    pub(super) fn inner(&self, component: &str) -> Option<Option<&Selection>> {
        match &self.components {
            Components::All => Some(None),
            Components::Named(wanted) => {
                wanted.iter().find(|wanted| wanted.name.eq_ignore_ascii_case(component)).map(Some)
            }
        }
    }

    /// Takes out of a component what is not wanted.
    pub(super) fn apply(&self, editor: &mut Editor<'_>, component: &Component) {
        for property in &component.properties {
            self.apply_to_property(editor, property);
        }
        for inner in &component.components {
            match self.inner(&inner.name) {
                None => {
                    editor.remove_component(inner);
                }
                Some(None) => {}
                Some(Some(selection)) => selection.apply(editor, inner),
            }
        }
    }

    fn apply_to_property(&self, editor: &mut Editor<'_>, property: &Property) {
        match self.keep(&property.name) {
            Keep::Whole => {}
            Keep::WithoutValue => {
                editor.set_value(property, "");
            }
            Keep::Nothing => {
                editor.remove(property);
            }
        }
    }
}
