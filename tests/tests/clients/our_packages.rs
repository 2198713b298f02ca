//! The one environment of our own client and the examples: they need much the same.

use memos_tests::{Packages, Python};

const PACKAGES: Packages<'_> = Packages {
    whole: &[
        "./clients/python[langchain,langgraph]",
        "langchain-core==1.8.3",
        "langgraph==1.2.24",
        "mcp==2.3.0",
        "openai==3.57.0",
        "openai-agents==0.24.0",
    ],
    // What LlamaIndex imports for a retriever; whole it also needs nltk, tiktoken, aiohttp and others.
    bare: &[
        "banks==2.5.1",
        "dataclasses-json==0.6.7",
        "Deprecated==1.3.1",
        "filetype==1.2.0",
        "fsspec==2026.9.0",
        "greenlet==3.5.6",
        "Jinja2==3.1.6",
        "llama-index-core==0.14.25",
        "llama-index-instrumentation==0.6.0",
        "llama-index-workflows==2.26.1",
        "MarkupSafe==3.0.4",
        "marshmallow==3.26.2",
        "mypy_extensions==1.2.0",
        "numpy==2.4.6",
        "pillow==13.0.0",
        "platformdirs==4.14.8",
        "SQLAlchemy==2.1.9",
        "tinytag==2.3.2",
        "tqdm==4.70.1",
        "typing-inspect==0.9.0",
        "wrapt==2.5.2",
    ],
};

/// An interpreter with them, where there can be one.
pub(super) fn python() -> Option<Python> {
    Python::with(PACKAGES)
}
