package io.github.resilientkafka.publisher;

import io.github.resilientkafka.publisher.ProducerRecreationPolicy.StalledException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.UnknownProducerIdException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/**
 * Errors after which the same producer will not work again, while a new one may.
 */
final class FatalErrors {

    private FatalErrors() {}

    static boolean mayBeCuredByNewProducer(Throwable error) {
        for (@Nullable Throwable e = error; e != null; e = e.getCause()) {
            if (e instanceof StalledException
                    || e instanceof ProducerFencedException
                    || e instanceof InvalidProducerEpochException
                    || e instanceof OutOfOrderSequenceException
                    || e instanceof UnknownProducerIdException
                    || e instanceof InvalidPidMappingException
                    || e instanceof AuthenticationException
                    || e instanceof UnsupportedVersionException) {
                return true;
            }
        }
        return false;
    }
}
