package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.ListenerProperties.Instance;
import io.github.resilientkafka.listener.ListenerProperties.InstanceBatch;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.core.NativeDetector;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.util.ClassUtils;

/**
 * Warns of settings without effect, once the application has started. No more than that: a listener may be made later, a
 * class be one of an optional library.
 */
final class SettingsCheck implements ApplicationListener<ContextRefreshedEvent>, ApplicationContextAware {

    private static final Logger logger = LoggerFactory.getLogger(SettingsCheck.class);

    private final ListenerProperties properties;

    private final ObjectProvider<ListenerContainers> containers;

    private final AtomicBoolean done = new AtomicBoolean();

    private @Nullable ApplicationContext context;

    SettingsCheck(ListenerProperties properties, ObjectProvider<ListenerContainers> containers) {
        this.properties = properties;
        this.containers = containers;
    }

    @Override
    public void setApplicationContext(ApplicationContext context) {
        this.context = context;
    }

    @Override
    public void onApplicationEvent(ContextRefreshedEvent event) {
        // Those of child contexts come here, too.
        if (event.getApplicationContext() == this.context && this.done.compareAndSet(false, true)) {
            checkListeners();
            ListenerProperties.Errors errors = this.properties.errors();
            checkClasses("bad-data", errors.badData(), this.context);
            checkClasses("dependency-down", errors.dependencyDown(), this.context);
            checkClasses("transient-errors", errors.transientErrors(), this.context);
        }
    }

    private void checkListeners() {
        for (String id : new TreeSet<>(this.properties.instances().keySet())) {
            ResilientListener listener = this.containers.getObject().find(id).orElse(null);
            if (listener == null) {
                logger.warn(
                        "No listener has the id {}: {}instances.{}.* has no effect, unless one is made later. There are: {}",
                        id,
                        ListenerProperties.PREFIX,
                        id,
                        ids());
            } else if (collects(this.properties.instances().get(id)) && !isBatchListener(listener)) {
                logger.warn(
                        "Listener {} is no batch listener: {}instances.{}.batch.collect=true has no effect. Batch listeners are"
                                + " declared with @KafkaListener(batch = \"true\")",
                        id,
                        ListenerProperties.PREFIX,
                        id);
            }
        }
    }

    /**
     * Returns the ids that can be addressed. Readers of retry topics have the settings of their listeners.
     */
    private String ids() {
        TreeSet<String> ids = this.containers.getObject().all().stream()
                .map(ResilientListener::id)
                .collect(Collectors.toCollection(TreeSet::new));
        String suffix = this.properties.retryTopic().suffix();
        List.copyOf(ids).forEach(id -> ids.remove(id + suffix));
        return ids.isEmpty() ? "none" : String.join(", ", ids);
    }

    private static boolean collects(@Nullable Instance instance) {
        InstanceBatch batch = (instance == null) ? null : instance.batch();
        return batch != null && Boolean.TRUE.equals(batch.collect());
    }

    private static boolean isBatchListener(ResilientListener listener) {
        return listener.container().getContainerProperties().getMessageListener() instanceof BatchMessageListener;
    }

    private static void checkClasses(String property, List<String> names, ApplicationContext context) {
        if (NativeDetector.inNativeImage()) {
            // There are classes in it that cannot be found by their names.
            return;
        }
        for (String name : names) {
            String problem = problem(name, context.getClassLoader());
            if (problem != null) {
                logger.warn("{}errors.{} names {}, {}", ListenerProperties.PREFIX, property, name, problem);
            }
        }
    }

    private static @Nullable String problem(String name, @Nullable ClassLoader classLoader) {
        Class<?> type;
        try {
            type = ClassUtils.forName(name, classLoader);
        } catch (ClassNotFoundException | LinkageError ex) {
            logger.debug("Not a class, or not a complete one", ex);
            return "which is no class of this application: it has no effect";
        }
        if (!type.getName().equals(name)) {
            return "which has no effect: write " + type.getName();
        }
        return Throwable.class.isAssignableFrom(type) ? null : "which nobody can throw: it has no effect";
    }
}
