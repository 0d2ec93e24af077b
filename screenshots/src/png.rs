//! An SVG as PNG, with a monospaced font of this system. A sign that no font has is an error: a picture with a hole
//! would be published before anyone saw it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, FaceInfo, ID, Style, Weight};
use resvg::usvg::{FontResolver, Options, Tree};

/// Points a unit of the SVG, for displays with small points.
const SCALE: f32 = 2.0;
/// The design was drawn with the first; the second has the same proportions and nearly every sign.
const FAMILIES: &[&str] = &["JetBrains Mono", "DejaVu Sans Mono"];

/// The system's fonts, and the family that was chosen.
pub struct Studio {
    fonts: Arc<Database>,
    family: String,
}

impl Studio {
    /// Looks for fonts.
    pub fn new() -> Result<Self> {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        let family = choose(&fonts).context(
            "no monospaced font is installed. Install JetBrains Mono or DejaVu Sans Mono: fonts-jetbrains-mono or \
             fonts-dejavu on Debian and Ubuntu, jetbrains-mono-fonts or dejavu-sans-mono-fonts on Fedora, \
             font-jetbrains-mono with Homebrew",
        )?;
        Ok(Self { fonts: Arc::new(fonts), family })
    }

    /// The family that pictures are set in.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// Draws.
    pub fn develop(&self, svg: &str) -> Result<Vec<u8>> {
        let missing = Mutex::new(BTreeSet::new());
        let any = FontResolver::default_fallback_selector();
        let mut options = Options { fontdb: Arc::clone(&self.fonts), ..Options::default() };
        options.font_resolver.select_fallback = Box::new(|sign, tried, fonts| {
            let found = sibling(fonts, tried).or_else(|| any(sign, tried, fonts));
            if found.is_none() {
                missing.lock().unwrap_or_else(PoisonError::into_inner).insert(sign);
            }
            found
        });
        let tree = Tree::from_str(svg, &options).context("the SVG cannot be read")?;
        drop(options);
        let missing = missing.into_inner().unwrap_or_else(PoisonError::into_inner);
        ensure!(
            missing.is_empty(),
            "no font of this system has {}: install DejaVu Sans Mono (fonts-dejavu, dejavu-sans-mono-fonts)",
            missing
                .iter()
                .map(|sign| format!("{sign} (U+{:04X})", u32::from(*sign)))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let size = tree.size().to_int_size().scale_by(SCALE).context("a picture has points")?;
        let mut picture = Pixmap::new(size.width(), size.height()).context("a picture has points")?;
        resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut picture.as_mut());
        encode(&picture)
    }
}

/// As small as PNG gets it: pictures are kept in the repository. The ground is opaque, so there is no alpha to keep.
fn encode(picture: &Pixmap) -> Result<Vec<u8>> {
    let points: Vec<u8> = picture.data().chunks_exact(4).flat_map(|point| &point[..3]).copied().collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&points)?;
    writer.finish()?;
    Ok(file)
}

fn choose(fonts: &Database) -> Option<String> {
    let named = |family: &&&str| fonts.faces().any(|face| is_of(face, family));
    let any = || {
        fonts
            .faces()
            .find(|face| face.monospaced && face.style == Style::Normal && face.weight == Weight::NORMAL)
            .and_then(|face| Some(face.families.first()?.0.clone()))
    };
    FAMILIES.iter().find(named).map(|family| (*family).to_owned()).or_else(any)
}

/// The face of the next family that looks like the one in which a sign was missing. Whether it has the sign is found
/// out by trying it; any font at all would come with signs that do not fit into a cell.
fn sibling(fonts: &Database, tried: &[ID]) -> Option<ID> {
    let base = fonts.face(*tried.first()?)?;
    let fits = |face: &&FaceInfo| {
        face.style == base.style && face.weight == base.weight && !tried.contains(&face.id)
    };
    FAMILIES
        .iter()
        .find_map(|family| fonts.faces().filter(fits).find(|face| is_of(face, family)))
        .map(|face| face.id)
}

fn is_of(face: &FaceInfo, family: &str) -> bool {
    face.families.iter().any(|(name, _)| name == family)
}
