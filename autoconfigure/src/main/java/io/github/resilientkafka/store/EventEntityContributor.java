package io.github.resilientkafka.store;

import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;

/**
 * Adds {@link FailedKafkaEvent} to what the application's entity scan has found, so that the scan itself need not be
 * touched. Of several persistence units, the primary one gets it.
 */
final class EventEntityContributor implements BeanPostProcessor {

    private static final String ENTITY = FailedKafkaEvent.class.getName();

    private final ConfigurableListableBeanFactory beans;

    EventEntityContributor(ConfigurableListableBeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof PersistenceManagedTypes types
                && !types.getManagedClassNames().contains(ENTITY)
                && name.equals(BeanCandidates.only(this.beans, PersistenceManagedTypes.class))) {
            return new MoreManagedTypes(types);
        }
        return bean;
    }

    private record MoreManagedTypes(PersistenceManagedTypes application) implements PersistenceManagedTypes {

        @Override
        public List<String> getManagedClassNames() {
            List<String> all = new ArrayList<>(this.application.getManagedClassNames());
            all.add(ENTITY);
            return all;
        }

        @Override
        public List<String> getManagedPackages() {
            return this.application.getManagedPackages();
        }

        @Override
        public @Nullable URL getPersistenceUnitRootUrl() {
            return this.application.getPersistenceUnitRootUrl();
        }
    }
}
