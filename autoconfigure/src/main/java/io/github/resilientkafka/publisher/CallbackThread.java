package io.github.resilientkafka.publisher;

/**
 * A thread that runs callbacks of publish futures.
 */
final class CallbackThread extends Thread {

    private final CompletionExecutor owner;

    /**
     * Makes threads, of which the system may not have any more.
     */
    @FunctionalInterface
    interface Maker {

        Thread make(CompletionExecutor owner, Runnable task, String name);
    }

    CallbackThread(CompletionExecutor owner, Runnable task, String name) {
        super(task, "resilient-kafka-callbacks-" + name);
        this.owner = owner;
        setDaemon(true);
    }

    boolean belongsTo(CompletionExecutor executor) {
        return this.owner == executor;
    }
}
