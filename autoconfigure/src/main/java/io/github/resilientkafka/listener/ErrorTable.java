package io.github.resilientkafka.listener;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilientkafka.publisher.ErrorChain;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.UndeclaredThrowableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.BatchListenerFailedException;
import org.springframework.kafka.listener.ListenerExecutionFailedException;

/**
 * Classifies what handlers throw, by the types of the whole chain of causes, outermost first: the application's
 * classifiers, then its properties, then what is known here. Thread-safe.
 */
final class ErrorTable {

    /**
     * By name: most of them come from libraries that an application may or may not have.
     */
    private static final Map<String, ErrorClass> KNOWN = Map.ofEntries(
            Map.entry("org.springframework.kafka.support.serializer.DeserializationException", ErrorClass.BAD_DATA),
            Map.entry("org.apache.kafka.common.errors.SerializationException", ErrorClass.BAD_DATA),
            Map.entry("org.springframework.kafka.support.converter.ConversionException", ErrorClass.BAD_DATA),
            Map.entry("org.springframework.messaging.converter.MessageConversionException", ErrorClass.BAD_DATA),
            Map.entry(
                    "org.springframework.messaging.handler.invocation.MethodArgumentResolutionException",
                    ErrorClass.BAD_DATA),
            Map.entry("com.fasterxml.jackson.core.JsonProcessingException", ErrorClass.BAD_DATA),
            Map.entry("tools.jackson.core.JacksonException", ErrorClass.BAD_DATA),
            Map.entry("jakarta.validation.ValidationException", ErrorClass.BAD_DATA),
            Map.entry("java.lang.ClassCastException", ErrorClass.BAD_DATA),
            Map.entry("io.github.resilience4j.circuitbreaker.CallNotPermittedException", ErrorClass.DEPENDENCY_DOWN),
            Map.entry("java.net.ConnectException", ErrorClass.DEPENDENCY_DOWN),
            Map.entry("java.net.NoRouteToHostException", ErrorClass.DEPENDENCY_DOWN),
            Map.entry("java.sql.SQLTransientConnectionException", ErrorClass.DEPENDENCY_DOWN),
            Map.entry("java.sql.SQLNonTransientConnectionException", ErrorClass.DEPENDENCY_DOWN),
            Map.entry("org.springframework.dao.DataAccessResourceFailureException", ErrorClass.DEPENDENCY_DOWN),
            Map.entry("org.springframework.transaction.CannotCreateTransactionException", ErrorClass.DEPENDENCY_DOWN));

    private static final Logger logger = LoggerFactory.getLogger(ErrorTable.class);

    private final List<ListenerErrorClassifier> classifiers;

    private final Map<String, ErrorClass> configured;

    /**
     * Creates a table.
     * @param classifiers the application's, in order
     * @param configured class names, with what the application says they mean
     */
    ErrorTable(List<ListenerErrorClassifier> classifiers, Map<String, ErrorClass> configured) {
        this.classifiers = List.copyOf(classifiers);
        this.configured = Map.copyOf(configured);
    }

    Failure classify(Throwable thrown) {
        Throwable error = unwrap(thrown);
        List<Throwable> chain = ErrorChain.of(error);
        ErrorClass errorClass = first(chain, this::ask);
        if (errorClass == null) {
            errorClass = first(chain, cause -> lookUp(this.configured, cause));
        }
        if (errorClass == null) {
            errorClass = first(chain, ErrorTable::saidByHandler);
        }
        if (errorClass == null) {
            errorClass = known(chain);
        }
        if (errorClass == null) {
            errorClass = ErrorClass.TRANSIENT;
        }
        return new Failure(
                errorClass,
                error,
                (errorClass == ErrorClass.DEPENDENCY_DOWN) ? dependency(chain) : null,
                (errorClass == ErrorClass.TRANSIENT) ? retryAfter(chain) : null);
    }

    /**
     * Removes what was put around a handler's exception on its way: by reflection, futures and the container.
     */
    static Throwable unwrap(Throwable thrown) {
        Throwable error = thrown;
        while (error.getCause() != null
                && (error instanceof ListenerExecutionFailedException
                        || error instanceof BatchListenerFailedException
                        || error instanceof HandlerErrorException
                        || error instanceof CompletionException
                        || error instanceof ExecutionException
                        || error instanceof InvocationTargetException
                        || error instanceof UndeclaredThrowableException)) {
            error = error.getCause();
        }
        return error;
    }

    private static @Nullable ErrorClass first(
            List<Throwable> chain, Function<Throwable, @Nullable ErrorClass> classifier) {
        for (Throwable error : chain) {
            ErrorClass errorClass = classifier.apply(error);
            if (errorClass != null) {
                return errorClass;
            }
        }
        return null;
    }

    private @Nullable ErrorClass ask(Throwable error) {
        for (ListenerErrorClassifier classifier : this.classifiers) {
            ErrorClass errorClass = ask(classifier, error);
            if (errorClass != null) {
                return errorClass;
            }
        }
        return null;
    }

    private static @Nullable ErrorClass ask(ListenerErrorClassifier classifier, Throwable error) {
        try {
            return classifier.classify(error);
        } catch (RuntimeException ex) {
            logger.warn(
                    "{} failed for {}: it has no opinion",
                    classifier,
                    error.getClass().getName(),
                    ex);
            return null;
        }
    }

    private static @Nullable ErrorClass saidByHandler(Throwable error) {
        if (error instanceof BadDataException) {
            return ErrorClass.BAD_DATA;
        }
        if (error instanceof DependencyDownException) {
            return ErrorClass.DEPENDENCY_DOWN;
        }
        return (error instanceof RetryLaterException) ? ErrorClass.TRANSIENT : null;
    }

    private static @Nullable ErrorClass lookUp(Map<String, ErrorClass> table, Throwable error) {
        for (Class<?> type = error.getClass(); type != null; type = type.getSuperclass()) {
            ErrorClass errorClass = table.get(type.getName());
            if (errorClass != null) {
                return errorClass;
            }
        }
        return null;
    }

    /**
     * A deserializer that cannot reach its schema registry says that it cannot deserialise: the record is not to blame.
     */
    private static @Nullable ErrorClass known(List<Throwable> chain) {
        ErrorClass errorClass = first(chain, cause -> lookUp(KNOWN, cause));
        return (errorClass == ErrorClass.BAD_DATA && chain.stream().anyMatch(ErrorTable::isOfNetwork))
                ? ErrorClass.DEPENDENCY_DOWN
                : errorClass;
    }

    private static boolean isOfNetwork(Throwable error) {
        return error instanceof SocketException
                || error instanceof SocketTimeoutException
                || error instanceof UnknownHostException
                || error instanceof HttpTimeoutException;
    }

    private static String dependency(List<Throwable> chain) {
        for (Throwable error : chain) {
            if (error instanceof DependencyDownException down) {
                return down.dependency();
            }
            if (error instanceof CallNotPermittedException refused) {
                return refused.getCausingCircuitBreakerName();
            }
        }
        return chain.get(0).getClass().getSimpleName();
    }

    private static @Nullable Duration retryAfter(List<Throwable> chain) {
        for (Throwable error : chain) {
            if (error instanceof RetryLaterException later) {
                return later.delay();
            }
        }
        return null;
    }
}
