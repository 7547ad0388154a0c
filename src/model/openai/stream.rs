//! An answer that comes piece by piece.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream::{BoxStream, StreamExt as _, iter, try_unfold};
use reqwest::Response;
use tokio::time::{Instant, timeout};

use super::OpenAi;
use super::assembly::Assembly;
use super::body;
use super::retry::Failure;
use super::send::{Call, LONGEST_ANSWER, content_type, expect_type, serialized};
use super::sse::Parser;
use crate::model::{ChatRequest, ModelError, Piece};

/// How long the end of a connection is waited for, so that the next request can have it.
const FAREWELL: Duration = Duration::from_millis(5);

/// A stream on its way.
struct Reading {
    model: OpenAi,
    call: Call,
    response: Response,
    parser: Parser,
    assembly: Assembly,
    pieces: VecDeque<Result<Piece, ModelError>>,
    received: usize,
    ended: bool,
}

type Pieces = BoxStream<'static, Result<Piece, ModelError>>;

impl OpenAi {
    pub(super) async fn streamed(&self, request: &ChatRequest) -> Result<Pieces, ModelError> {
        let counted = self.counts();
        match self.opened(request, counted).await {
            Err(failure) if failure.uncountable && counted => {
                self.count_no_more();
                self.opened(request, false).await
            }
            opened => opened,
        }
        .map_err(|failure| failure.error)
    }

    async fn opened(&self, request: &ChatRequest, counted: bool) -> Result<Pieces, Failure> {
        let mut call = self.call(request, "text/event-stream")?;
        body::streamed(&mut call.body, counted);
        let bytes = serialized(&call.body)?;
        let attempt = || async {
            let deadline = self.deadline();
            let mut response = self.sent(&call, &bytes, deadline).await?;
            if content_type(&response).ends_with("json") {
                return Ok((response, None, deadline));
            }
            expect_type(&response, "event-stream", &call.secrets)?;
            let first = self.chunk(&mut response, &call, self.deadline()).await.map_err(|error| match error {
                ModelError::CutOff { .. } => Failure::soon(error),
                other => other.into(),
            })?;
            Ok((response, first, deadline))
        };
        let (response, first, deadline) = self.again(attempt).await?;
        if content_type(&response).ends_with("json") {
            return Ok(self.at_once(response, &call, deadline).await?);
        }
        let mut reading = Reading {
            model: self.clone(),
            call,
            response,
            parser: Parser::default(),
            assembly: Assembly::default(),
            pieces: VecDeque::new(),
            received: 0,
            ended: false,
        };
        reading.take(first.as_ref().map(AsRef::as_ref)).await;
        Ok(try_unfold(reading, |mut reading| async move { Ok(reading.next().await?.map(|piece| (piece, reading))) })
            .boxed())
    }

    /// The answer of a server that does not stream.
    async fn at_once(&self, response: Response, call: &Call, deadline: Instant) -> Result<Pieces, ModelError> {
        let completion = self.read(response, call, deadline).await?;
        let (tool_calls, finish, tokens) = (completion.tool_calls, completion.finish, completion.tokens);
        let text = Some(Piece::Text(completion.text)).filter(|text| *text != Piece::Text(String::new()));
        Ok(iter(text.into_iter().chain([Piece::End { tool_calls, finish, tokens }]).map(Ok)).boxed())
    }
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Piece>, ModelError> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return piece.map(Some);
            }
            if self.ended {
                return Ok(None);
            }
            match self.model.chunk(&mut self.response, &self.call, self.model.deadline()).await {
                Ok(chunk) => self.take(chunk.as_ref().map(AsRef::as_ref)).await,
                // Nothing is missing but the tokens.
                Err(_) if self.assembly.is_whole() => self.end(),
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes bytes, or their end. What comes before an error is passed on before it.
    async fn take(&mut self, chunk: Option<&[u8]>) {
        if let Err(error) = self.parse(chunk) {
            self.pieces.push_back(Err(error));
            self.ended = true;
        } else if self.assembly.is_done() && chunk.is_some() {
            let _ = timeout(FAREWELL, self.response.chunk()).await;
            self.end();
        } else if chunk.is_none() {
            self.end();
        }
    }

    fn parse(&mut self, chunk: Option<&[u8]>) -> Result<(), ModelError> {
        let mut events = Vec::new();
        let parsed = match chunk {
            Some(bytes) => {
                self.received += bytes.len();
                if self.received > LONGEST_ANSWER {
                    return Err(ModelError::TooLong { limit: LONGEST_ANSWER });
                }
                self.parser.feed(bytes, &mut events)
            }
            None => self.parser.finish().map(|event| events.extend(event)),
        };
        for event in events {
            if let Some(text) = self.assembly.take(&event, &self.call.secrets)? {
                self.pieces.push_back(Ok(Piece::Text(text)));
            }
        }
        parsed
    }

    fn end(&mut self) {
        self.ended = true;
        self.pieces.push_back(std::mem::take(&mut self.assembly).end());
    }
}
