//! An emulator of LINE on a loopback port, driven by a thread of its own.

use std::sync::mpsc;
use std::thread::JoinHandle;

use line_channel_token_core::{BaseUrl, ChannelId, ChannelSecret, Client as AsyncClient};
use line_channel_token_emulator::{EmulatedChannel, Emulator};
use line_channel_token_ureq::UreqBackend;
use line_channel_token_ureq::blocking::Client;
use tokio::sync::oneshot;

/// It runs until it is dropped.
pub(crate) struct Line {
    pub(crate) emulator: Emulator,
    pub(crate) base_url: BaseUrl,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

pub(crate) fn channel() -> (ChannelId, ChannelSecret) {
    (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("s3cret").unwrap())
}

impl Line {
    pub(crate) fn start() -> Self {
        let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret").unwrap());
        let emulator = emulator.build().unwrap();
        let (ready, is_ready) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let served = emulator.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = served.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
                ready.send(server.base_url()).unwrap();
                let _ = stopped.await;
                server.shutdown().await;
            });
        });
        let base_url = is_ready.recv().unwrap();
        Self { emulator, base_url, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn client(&self) -> Client {
        let backend = UreqBackend::builder().no_proxy().build().unwrap();
        AsyncClient::builder(backend).base_url(self.base_url.clone()).build().into()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
