//! Bodies that come in chunks (RFC 9112, section 7.1): dumps and streams of events.

use std::io::{self, BufRead, Read};

/// The content of a chunked body.
#[derive(Debug)]
pub(crate) struct Chunked<R> {
    inner: R,
    /// Bytes left of this chunk.
    left: usize,
    ended: bool,
}

impl<R: BufRead> Chunked<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            left: 0,
            ended: false,
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.inner.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let size = self.line()?;
        self.left = usize::from_str_radix(&size, 16).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, format!("no size: {size:?}"))
        })?;
        if self.left == 0 {
            self.ended = true;
            self.line()?;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Chunked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.ended {
            self.next_chunk()?;
        }
        if self.ended {
            return Ok(0);
        }
        let most = self.left.min(buffer.len());
        let read = self.inner.read(&mut buffer[..most])?;
        if read == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read;
        if self.left == 0 {
            self.line()?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_become_one_body_and_the_rest_stays() {
        let mut wire = &b"4\r\nThe \r\n5\r\nferry\r\n0\r\n\r\nrest"[..];
        let mut body = String::new();
        Chunked::new(&mut wire).read_to_string(&mut body).unwrap();
        assert_eq!((body.as_str(), wire), ("The ferry", &b"rest"[..]));
    }

    #[test]
    fn a_body_that_breaks_off_is_no_body() {
        let mut body = Vec::new();
        let mut read = |mut wire: &[u8]| Chunked::new(&mut wire).read_to_end(&mut body);
        assert!(read(b"9\r\nThe ferry").is_err());
        assert!(read(b"3\r\nThe\r\n").is_err());
        assert!(read(b"x\r\n").is_err());
    }
}
