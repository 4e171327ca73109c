package io.github.resilientkafka;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;

/**
 * Meets an Error at a line of a package or class, as where there is no memory left to write it.
 */
public final class BrokenLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private final Logger logger;

    private final AtomicBoolean breaksNext = new AtomicBoolean();

    private volatile boolean broken;

    public BrokenLog(String name) {
        this.logger = (Logger) LoggerFactory.getLogger(name);
        start();
        this.logger.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (this.breaksNext.compareAndSet(true, false)) {
            this.broken = true;
            throw new InternalError("while a line is written (says the test)");
        }
    }

    /**
     * Lets the next line meet an Error.
     */
    public void breakNext() {
        this.breaksNext.set(true);
    }

    public boolean hasBroken() {
        return this.broken;
    }

    @Override
    public void close() {
        this.logger.detachAppender(this);
    }
}
