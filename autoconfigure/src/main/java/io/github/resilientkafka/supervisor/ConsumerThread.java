package io.github.resilientkafka.supervisor;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;

/**
 * The thread of one consumer, from its container's first event on. Whether it is still in the container's loop is seen from
 * its stack: a pooled thread lives on when the loop has ended.
 */
final class ConsumerThread {

    private static final String LOOP = KafkaMessageListenerContainer.class.getName() + "$ListenerConsumer";

    private static final String VIRTUAL_THREAD = "java.lang.VirtualThread";

    private static final String CLIENT = "org.apache.kafka.";

    /**
     * Null if the application has its events delivered by other threads.
     */
    private final @Nullable Thread thread;

    private final @Nullable Leftovers leftovers;

    private volatile boolean counted;

    private volatile boolean ended;

    private volatile @Nullable Reason reason;

    ConsumerThread(@Nullable Thread thread, @Nullable Leftovers leftovers) {
        this.thread = thread;
        this.leftovers = leftovers;
    }

    /**
     * Returns the current thread if it is a consumer's.
     */
    static @Nullable Thread current() {
        boolean inLoop = StackWalker.getInstance()
                .walk(frames -> frames.anyMatch(frame -> frame.getClassName().startsWith(LOOP)));
        return inLoop ? Thread.currentThread() : null;
    }

    @Nullable
    Thread thread() {
        return this.thread;
    }

    /**
     * Returns what it leaves behind if it dies without a word.
     */
    @Nullable
    Leftovers leftovers() {
        return this.leftovers;
    }

    /**
     * Its container's parent knows of it.
     */
    void started() {
        this.counted = true;
    }

    boolean counted() {
        return this.counted;
    }

    /**
     * It has said that it is about to end.
     */
    void stopped(Reason reason) {
        this.reason = reason;
    }

    /**
     * Returns why it ended, or null if it did not say so.
     */
    @Nullable
    Reason reason() {
        return this.reason;
    }

    void end() {
        this.ended = true;
    }

    /**
     * Returns whether it is known to have ended, without a look at its stack.
     */
    boolean ended() {
        if (!this.ended && this.thread != null && !this.thread.isAlive()) {
            this.ended = true;
        }
        return this.ended || (this.thread == null && this.reason != null);
    }

    Activity activity() {
        Thread known = this.thread;
        if (ended()) {
            return Activity.ENDED;
        }
        if (known == null) {
            return Activity.WORKING;
        }
        Activity activity = activity(known.getStackTrace(), known.getClass());
        if (activity == Activity.ENDED) {
            this.ended = true;
        }
        return activity;
    }

    static Activity activity(StackTraceElement[] stack) {
        return activity(stack, Thread.class);
    }

    private static Activity activity(StackTraceElement[] stack, Class<?> type) {
        boolean inLoop = false;
        boolean invoking = false;
        String innermost = null;
        for (StackTraceElement frame : stack) {
            String place = frame.getClassName();
            if (innermost == null && !isJdk(place)) {
                innermost = place;
            }
            if (place.startsWith(LOOP)) {
                inLoop = true;
                invoking |= frame.getMethodName().startsWith("invoke")
                        || frame.getMethodName().startsWith("doInvoke");
            }
        }
        if (!inLoop) {
            return isComplete(stack, type) ? Activity.ENDED : Activity.WORKING;
        }
        boolean inClient = !invoking && innermost != null && innermost.startsWith(CLIENT);
        return inClient ? Activity.IN_CLIENT : Activity.WORKING;
    }

    /**
     * Since Java 19 the outermost frames of a stack that is deeper than 1,024 are not shown: the loop is among them.
     */
    private static boolean isComplete(StackTraceElement[] stack, Class<?> thread) {
        Set<String> types = new HashSet<>(Set.of(VIRTUAL_THREAD));
        for (Class<?> type = thread; type != null; type = type.getSuperclass()) {
            types.add(type.getName());
        }
        return Arrays.stream(stack)
                .anyMatch(frame -> frame.getMethodName().equals("run") && types.contains(frame.getClassName()));
    }

    private static boolean isJdk(String type) {
        return type.startsWith("java.") || type.startsWith("jdk.") || type.startsWith("sun.");
    }

    /**
     * What a consumer thread does.
     */
    enum Activity {

        /**
         * It has left the loop, or has died.
         */
        ENDED,

        /**
         * It is in Kafka's client, and nothing of the application's is.
         */
        IN_CLIENT,

        /**
         * It is in a handler, or anywhere else where it may be for as long as it takes.
         */
        WORKING
    }
}
