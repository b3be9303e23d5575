//! Sizes and offsets, computed as a C compiler does.

use super::{Model, Struct, Type};

/// The target, as far as layout depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// 64-bit pointers.
    Bits64,
    /// 32-bit pointers.
    Bits32,
    /// 32-bit pointers, and a `u64` that is aligned to 4: i686.
    I686,
}

/// Where the members of a struct lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Bytes in all.
    pub size: usize,
    /// Its alignment.
    pub align: usize,
    /// The offset and the size of each member.
    pub members: Vec<(usize, usize)>,
}

impl Width {
    /// Bytes of a pointer.
    pub fn pointer(self) -> usize {
        if self == Self::Bits64 { 8 } else { 4 }
    }
}

impl Model {
    /// The layout of a struct.
    pub fn layout(&self, item: &Struct, width: Width) -> Layout {
        let mut layout = Layout { size: 0, align: 1, members: Vec::new() };
        for field in &item.fields {
            let (size, align) = self.measure(&field.kind, width);
            let offset = layout.size.next_multiple_of(align);
            layout.members.push((offset, size));
            layout.size = offset + size;
            layout.align = layout.align.max(align);
        }
        layout.size = layout.size.next_multiple_of(layout.align);
        layout
    }

    /// Size and alignment of a type. An unknown struct counts as nothing; the lint names it.
    pub fn measure(&self, kind: &Type, width: Width) -> (usize, usize) {
        match kind {
            Type::Number(name) => {
                let size = name[1..].parse::<usize>().unwrap_or(8) / 8;
                (size, if size == 8 && width == Width::I686 { 4 } else { size })
            }
            Type::Char => (1, 1),
            Type::Void => (0, 1),
            Type::Size | Type::Word | Type::Pointer { .. } | Type::Function(_) => {
                (width.pointer(), width.pointer())
            }
            Type::Array { of, length } => {
                let (size, align) = self.measure(of, width);
                (size * length, align)
            }
            Type::Named(name) => self.find(name).map_or((0, 1), |item| {
                let layout = self.layout(item, width);
                (layout.size, layout.align)
            }),
        }
    }
}
