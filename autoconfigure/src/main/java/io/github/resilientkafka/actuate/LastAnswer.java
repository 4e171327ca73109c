package io.github.resilientkafka.actuate;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The last answer of a source that may be slow or dead: asked on a thread of its own, not more often than needed, and
 * never waited for longer than a bound. Once a wait was in vain, nobody waits for that same answer again.
 */
final class LastAnswer<T> implements AutoCloseable {

    private final Supplier<T> source;

    private final Duration maxAge;

    private final LongSupplier nanoTime;

    private final ThreadPoolExecutor executor;

    private @Nullable CompletableFuture<Answer<T>> queued;

    private @Nullable CompletableFuture<Answer<T>> running;

    private volatile @Nullable CompletableFuture<Answer<T>> overdue;

    private volatile @Nullable Timed<T> last;

    LastAnswer(String threadName, Duration maxAge, Supplier<T> source) {
        this(threadName, maxAge, source, System::nanoTime);
    }

    LastAnswer(String threadName, Duration maxAge, Supplier<T> source, LongSupplier nanoTime) {
        this(
                task -> {
                    Thread thread = new Thread(task, threadName);
                    thread.setDaemon(true);
                    return thread;
                },
                maxAge,
                source,
                nanoTime);
    }

    LastAnswer(ThreadFactory threads, Duration maxAge, Supplier<T> source, LongSupplier nanoTime) {
        this.source = source;
        this.maxAge = maxAge;
        this.nanoTime = nanoTime;
        this.executor = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
        this.executor.allowCoreThreadTimeOut(true);
    }

    /**
     * Returns the last answer if it is recent, else asks.
     * @param wait how long to wait for an answer at most
     * @return the answer; an error if the source failed, or has not answered in time
     */
    Answer<T> recent(Duration wait) {
        Timed<T> known = this.last;
        if (known != null && isYounger(known, this.maxAge)) {
            return known.answer();
        }
        return await(ask(false), wait);
    }

    /**
     * Returns the last answer if it is recent, else asks, and makes do with the last one if a new one is long in coming.
     * @param wait how long to wait for an answer at most
     * @param goodFor how old the last answer may be where no new one has come
     * @return the answer; an error if that is what the source said last, or nothing of that age is known
     */
    Answer<T> recent(Duration wait, Duration goodFor) {
        Answer<T> answer = recent(wait);
        Timed<T> known = this.last;
        return (answer.value() == null && known != null && known.answer().value() != null && isYounger(known, goodFor))
                ? known.answer()
                : answer;
    }

    /**
     * Asks, even if the last answer is recent.
     * @param wait how long to wait for an answer at most
     * @return an answer given after this call; an error if the source failed, or has not answered in time
     */
    Answer<T> fresh(Duration wait) {
        return await(ask(true), wait);
    }

    private boolean isYounger(Timed<T> known, Duration age) {
        return this.nanoTime.getAsLong() - known.nanos() < age.toNanos();
    }

    private synchronized CompletableFuture<Answer<T>> ask(boolean evenIfRunning) {
        if (this.queued != null) {
            return this.queued;
        }
        if (this.running != null && !evenIfRunning) {
            return this.running;
        }
        CompletableFuture<Answer<T>> future = new CompletableFuture<>();
        Runnable question = () -> answer(future);
        try {
            this.queued = future;
            this.executor.execute(question);
        } catch (RuntimeException | Error ex) {
            // Also an Error: without a thread this would never be answered, and everybody would get this future.
            this.executor.remove(question);
            this.queued = null;
            future.complete(new Answer<>(null, ex));
        }
        return future;
    }

    private void answer(CompletableFuture<Answer<T>> future) {
        synchronized (this) {
            this.queued = null;
            this.running = future;
        }
        Answer<T> answer;
        try {
            answer = said();
            this.last = new Timed<>(answer, this.nanoTime.getAsLong());
        } finally {
            // Whatever happens, and before anybody who has this answer asks again.
            synchronized (this) {
                this.running = null;
            }
        }
        future.complete(answer);
    }

    private Answer<T> said() {
        try {
            return new Answer<>(this.source.get(), null);
        } catch (RuntimeException | Error ex) {
            return new Answer<>(null, ex);
        }
    }

    private Answer<T> await(CompletableFuture<Answer<T>> future, Duration wait) {
        try {
            return future.get((future == this.overdue) ? 0 : wait.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException ex) {
            this.overdue = future;
            return new Answer<>(null, new TimeoutException("No answer within " + wait.toMillis() + " ms"));
        } catch (ExecutionException ex) {
            return new Answer<>(null, ex);
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            return new Answer<>(null, ex);
        }
    }

    @Override
    public void close() {
        this.executor.shutdownNow();
    }

    /**
     * What the source said.
     *
     * @param value its answer, or null if it failed
     * @param error why it failed, or null
     */
    record Answer<T>(@Nullable T value, @Nullable Throwable error) {}

    private record Timed<T>(Answer<T> answer, long nanos) {}
}
